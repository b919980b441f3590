package flow

import "fmt"

// Kind says what a record is about.
type Kind uint8

// The kinds of records.
const (
	Connection Kind = iota // one accepted connection of a stream protocol
	Request                // one request and its answer
	Tunnel                 // an upgraded or CONNECTed stream, from its 101 or 200 on
	Session                // a session of messages, such as one of MQTT
	Probe                  // one probe of a target
	Job                    // one job on one device
	Crawl                  // one fetched page of a crawl
	Capture                // one captured flow of packets
	Event                  // something the node did or noticed
	kinds
)

// String returns the kind's name in lower case, as it stands in JSON.
func (k Kind) String() string {
	switch k {
	case Connection:
		return "connection"
	case Request:
		return "request"
	case Tunnel:
		return "tunnel"
	case Session:
		return "session"
	case Probe:
		return "probe"
	case Job:
		return "job"
	case Crawl:
		return "crawl"
	case Capture:
		return "capture"
	case Event:
		return "event"
	}
	return "unknown"
}

// MarshalText returns the kind's name.
func (k Kind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText reads a name that [Kind.String] gives.
func (k *Kind) UnmarshalText(text []byte) error {
	for c := range kinds {
		if c.String() == string(text) {
			*k = c
			return nil
		}
	}
	return fmt.Errorf("flow: no record is of kind %q; the kinds are connection, request, tunnel, session, probe, job, crawl, capture and event", text)
}
