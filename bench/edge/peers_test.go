//go:build linux

package main

import (
	"os"
	"os/exec"
	"testing"

	"go.yaml.in/yaml/v4"
)

// checks are the specialists' own words on a config.
var checks = map[string][]string{
	"nginx":   {"nginx", "-q", "-t", "-e", "stderr", "-c"},
	"haproxy": {"haproxy", "-q", "-c", "-f"},
	"caddy":   {"caddy", "validate", "--adapter", "caddyfile", "--config"},
}

func TestConfigsAreValid(t *testing.T) {
	b := benchForTest(t)
	if err := os.Mkdir(b.dir+"/files", 0o755); err != nil {
		t.Fatal(err)
	}
	for _, p := range specialists() {
		t.Run(p.name, func(t *testing.T) {
			if _, err := exec.LookPath(p.name); err != nil {
				if os.Getenv("CI") != "" {
					t.Fatalf("%s is not installed", p.name)
				}
				t.Skipf("%s is not installed", p.name)
			}
			b.peers = []peer{p}
			for _, r := range rows() {
				if len(b.servers(r)) == 0 || r.kind != perRequest {
					continue
				}
				s, err := b.site(p, r)
				if err != nil {
					t.Fatal(err)
				}
				path, _, err := p.configure(s)
				if err != nil {
					t.Fatal(err)
				}
				check := checks[p.name]
				if out, err := exec.Command(check[0], append(check[1:], path)...).CombinedOutput(); err != nil {
					t.Errorf("%s: %v\n%s", r.name, err, out)
				}
			}
		})
	}
}

func TestNetwrightConfigsAreYAML(t *testing.T) {
	b, p := benchForTest(t), netwright("netwright")
	for _, r := range rows() {
		s, err := b.site(p, r)
		if err != nil {
			t.Fatal(err)
		}
		_, text, err := p.configure(s)
		if err != nil {
			t.Fatal(err)
		}
		var doc map[string]any
		if err := yaml.Unmarshal([]byte(text), &doc); err != nil {
			t.Errorf("%s: %v\n%s", r.name, err, text)
		}
		if _, has := doc["records"]; has != r.log {
			t.Errorf("%s: records configured: %t, want %t", r.name, has, r.log)
		}
	}
}

func TestCustomCommand(t *testing.T) {
	p := custom("./wip --listen {listen} --to {backend}")
	got := p.command(site{Listen: "127.0.0.1:1", Backend: "127.0.0.1:2"}, "")
	want := "exec ./wip --listen 127.0.0.1:1 --to 127.0.0.1:2"
	if len(got) != 3 || got[2] != want {
		t.Errorf("%q, want %q", got, want)
	}
}
