package console

import (
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSocket(t *testing.T) {
	for name, folder := range map[string]string{
		"short": "d",
		"long":  filepath.Join(strings.Repeat("long", 40), strings.Repeat("longer", 30)),
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), folder, "control.sock")
			if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte("left behind"), 0o644); err != nil {
				t.Fatal(err)
			}
			ln, err := ListenSocket(path)
			if err != nil {
				t.Fatal(err)
			}
			info, err := os.Stat(path)
			if err != nil || info.Mode() != os.ModeSocket|0o600 {
				t.Errorf("%v, %v", info.Mode(), err)
			}
			server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, `{"version":"v"}`) })}
			done := make(chan error, 1)
			go func() { done <- server.Serve(ln) }()
			client := Dial(path)
			if v, err := client.Version(t.Context()); err != nil || v.Version != "v" {
				t.Errorf("%+v, %v", v, err)
			}
			client.Close()
			server.Close()
			<-done
			if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("the socket's file is still there: %v", err)
			}
			if _, err := client.Version(t.Context()); !errors.Is(err, ErrNoNode) {
				t.Errorf("without a node: %v", err)
			}
		})
	}
}
