package console

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"runtime"
	"strconv"
	"time"
)

// api returns the routes of docs/api.md.
func (c *Console) api() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/version", c.version)
	mux.HandleFunc("GET /api/status", c.status)
	mux.HandleFunc("GET /api/services", func(w http.ResponseWriter, _ *http.Request) { answer(w, list(c.node.Services())) })
	mux.HandleFunc("GET /api/series", c.series)
	mux.HandleFunc("GET /api/pools", func(w http.ResponseWriter, _ *http.Request) { answer(w, list(c.node.Pools())) })
	mux.HandleFunc("POST /api/drain", c.drain)
	mux.HandleFunc("GET /api/records", c.records)
	mux.HandleFunc("GET /api/config", c.config)
	mux.HandleFunc("GET /api/certs", func(w http.ResponseWriter, _ *http.Request) { answer(w, list(c.node.Certificates())) })
	mux.HandleFunc("POST /api/reload", c.reload)
	mux.HandleFunc("/api/", func(w http.ResponseWriter, r *http.Request) {
		refuse(w, http.StatusNotFound, "there is no "+r.Method+" "+cut(r.URL.Path)+" in the API")
	})
	mux.Handle("GET /metrics", c.metrics)
	return mux
}

// Status is how the node is.
type Status struct {
	Info
	Now      time.Time    `json:"now"`
	Services []Service    `json:"services"`
	Journal  JournalStats `json:"journal"`
}

// JournalStats is how the journal and its subscribers are.
type JournalStats struct {
	Written     uint64       `json:"written"`
	Subscribers []Subscriber `json:"subscribers"`
}

// Subscriber is how one subscriber of the journal keeps up.
type Subscriber struct {
	Name    string `json:"name"`
	Queue   int    `json:"queue"`
	Pending int    `json:"pending"`
	Lost    uint64 `json:"lost"`
	Wait    bool   `json:"wait"`
}

func (c *Console) status(w http.ResponseWriter, _ *http.Request) {
	s := Status{Info: c.node.Info(), Now: time.Now(), Services: list(c.node.Services())}
	s.Journal.Written = c.journal.Written()
	s.Journal.Subscribers = []Subscriber{}
	for _, stat := range c.journal.Subscriptions() {
		s.Journal.Subscribers = append(s.Journal.Subscribers, Subscriber(stat))
	}
	answer(w, s)
}

// Version is what runs.
type Version struct {
	Version string `json:"version"`
	Go      string `json:"go"`
	OS      string `json:"os"`
	Arch    string `json:"arch"`
}

func (c *Console) version(w http.ResponseWriter, _ *http.Request) {
	answer(w, Version{c.node.Info().Version, runtime.Version(), runtime.GOOS, runtime.GOARCH})
}

func (c *Console) series(w http.ResponseWriter, r *http.Request) {
	var after int64
	if s := r.FormValue("after"); s != "" {
		var err error
		if after, err = strconv.ParseInt(s, 10, 64); err != nil {
			refuse(w, http.StatusBadRequest, fmt.Sprintf("after: %q is not a Unix time in seconds", cut(s)))
			return
		}
	}
	span := func(t timelines) *timeline { return t.minutes }
	switch s := r.FormValue("span"); s {
	case "", "5m":
	case "1h":
		span = func(t timelines) *timeline { return t.hour }
	default:
		refuse(w, http.StatusBadRequest, fmt.Sprintf("span: %q is neither 5m nor 1h", cut(s)))
		return
	}
	answer(w, c.meter.series(span, after, time.Now()))
}

// RunningConfig is the config that is in force.
type RunningConfig struct {
	File string `json:"file"`
	YAML string `json:"yaml"`
}

func (c *Console) config(w http.ResponseWriter, _ *http.Request) {
	answer(w, RunningConfig{c.node.Info().Config, c.node.Config()})
}

// drainRequest asks to drain a target, or to end that.
type drainRequest struct {
	Pool   string `json:"pool"`
	Target string `json:"target"`
	Drain  *bool  `json:"drain"`
}

func (c *Console) drain(w http.ResponseWriter, r *http.Request) {
	var in drainRequest
	if !read(w, r, &in) {
		return
	}
	if in.Pool == "" || in.Target == "" || in.Drain == nil {
		refuse(w, http.StatusBadRequest, `want {"pool": "…", "target": "…", "drain": true or false}`)
		return
	}
	if err := c.node.Drain(in.Pool, in.Target, *in.Drain); errors.Is(err, ErrUnknown) {
		refuse(w, http.StatusNotFound, err.Error())
	} else if err != nil {
		refuse(w, http.StatusConflict, err.Error())
	} else {
		answer(w, list(c.node.Pools()))
	}
}

func (c *Console) reload(w http.ResponseWriter, r *http.Request) {
	if !read(w, r, &struct{}{}) {
		return
	}
	// A client that goes away must not stop a reload half-way.
	changes, err := c.node.Reload(context.WithoutCancel(r.Context()))
	if err != nil {
		refuse(w, http.StatusUnprocessableEntity, err.Error())
		return
	}
	answer(w, Reload{At: time.Now(), Changes: list(changes)})
}

// read decodes the body of a call that changes something. It insists on JSON,
// which no page of another site can send without asking first.
func read(w http.ResponseWriter, r *http.Request, into any) bool {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" {
		refuse(w, http.StatusUnsupportedMediaType, "want a body of Content-Type application/json")
		return false
	}
	body := json.NewDecoder(http.MaxBytesReader(w, r.Body, 64<<10))
	body.DisallowUnknownFields()
	if err := body.Decode(into); err != nil && err != io.EOF {
		refuse(w, http.StatusBadRequest, "the body is not what is expected: "+err.Error())
		return false
	}
	return true
}

// list makes a nil slice an empty one, which JSON shows as [] and not as null.
func list[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) // an error means that the client is gone
}

// refuse answers with an error in JSON.
func refuse(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"error": text})
}

// MarshalJSON writes the latency in seconds.
func (t Target) MarshalJSON() ([]byte, error) {
	type plain Target
	return json.Marshal(struct {
		plain
		Latency float64 `json:"latency"`
	}{plain(t), t.Latency.Seconds()})
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (t *Target) UnmarshalJSON(text []byte) error {
	type plain Target
	in := struct {
		*plain
		Latency float64 `json:"latency"`
	}{plain: (*plain)(t)}
	if err := json.Unmarshal(text, &in); err != nil {
		return err
	}
	t.Latency = time.Duration(in.Latency * 1e9)
	return nil
}
