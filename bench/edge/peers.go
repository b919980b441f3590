//go:build linux

package main

import (
	"context"
	"embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"text/template"
)

// site is what one server has to do in one row.
type site struct {
	Listen    string // address:port
	Port      string // the port of Listen
	Console   string // address:port of Netwright's console
	Backend   string // address:port
	Idle      int    // connections to the backend to keep
	TLS       bool
	Cert, Key string // PEM files
	Both      string // certificate and key in one PEM file
	Log       string // the access log, "" for none
	LogBuffer bool   // nginx writes its log 64 KiB at a time
	Root      string // folder of static files, "" for a proxy
	Dir       string // folder of the server's own
	Files     uint64 // limit of open files
}

// peer is a kind of server that can be measured.
type peer struct {
	name    string
	config  string // name of the template under conf/, "" for none
	version []string
	command func(s site, config string) []string
	// logsToStdout is set where the access log can only go there.
	logsToStdout bool
}

//go:embed conf
var templates embed.FS

// specialists are the servers that Netwright is compared with.
func specialists() []peer {
	return []peer{{
		name: "nginx", config: "nginx.conf",
		version: []string{"nginx", "-v"},
		command: func(s site, config string) []string {
			return []string{"nginx", "-p", s.Dir, "-e", filepath.Join(s.Dir, "error.log"), "-c", config}
		},
	}, {
		name: "haproxy", config: "haproxy.cfg", logsToStdout: true,
		version: []string{"haproxy", "-v"},
		command: func(_ site, config string) []string { return []string{"haproxy", "-db", "-f", config} },
	}, {
		name: "caddy", config: "Caddyfile",
		version: []string{"caddy", "version"},
		command: func(_ site, config string) []string {
			return []string{"caddy", "run", "--adapter", "caddyfile", "--config", config}
		},
	}}
}

// netwright is the binary at path, run by its config file.
func netwright(path string) peer {
	return peer{
		name: "netwright", config: "netwright.yaml",
		version: []string{path, "version"},
		command: func(_ site, config string) []string { return []string{path, "up", config} },
	}
}

// custom is a command line in Netwright's place, with {listen}, {backend},
// {root}, {log}, {cert} and {key} replaced. The shell reads it.
func custom(line string) peer {
	return peer{
		name: "cmd",
		command: func(s site, _ string) []string {
			line := strings.NewReplacer("{listen}", s.Listen, "{backend}", s.Backend,
				"{root}", s.Root, "{log}", s.Log, "{cert}", s.Cert, "{key}", s.Key).Replace(line)
			return []string{"sh", "-c", "exec " + line}
		},
	}
}

// configure writes the peer's config file and returns its path and text.
func (p *peer) configure(s site) (path, text string, err error) {
	if p.config == "" {
		return "", "", nil
	}
	t, err := template.ParseFS(templates, "conf/"+p.config)
	if err != nil {
		return "", "", err
	}
	var b strings.Builder
	if err := t.Execute(&b, s); err != nil {
		return "", "", err
	}
	path = filepath.Join(s.Dir, p.config)
	return path, b.String(), os.WriteFile(path, []byte(b.String()), 0o600)
}

// versionLine is the first line that the server says of itself.
func (p *peer) versionLine(ctx context.Context) (string, error) {
	if len(p.version) == 0 {
		return "", nil
	}
	out, err := exec.CommandContext(ctx, p.version[0], p.version[1:]...).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%s: %w: %s", strings.Join(p.version, " "), err, out)
	}
	line, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	return line, nil
}

// build compiles Netwright the way it is shipped and returns the binary.
func build(ctx context.Context, dir string) (string, error) {
	out := filepath.Join(dir, "netwright")
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", out, "./cmd/netwright")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if text, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build ./cmd/netwright: %w\n%s", err, text)
	}
	return out, nil
}
