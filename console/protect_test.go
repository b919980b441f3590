package console

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/netwright/netwright/flow"
)

// TestForeignPages sends what browsers send for pages of all kinds.
func TestForeignPages(t *testing.T) {
	const inside, outside = "http://127.0.0.1:8800", "https://:8800"
	tests := []struct {
		name, method, url string
		listen            string
		headers           string // "Name: value" separated by |
		want              int
	}{
		{"a typed address", "GET", "http://127.0.0.1:8800/", inside, "Sec-Fetch-Site: none|Sec-Fetch-Mode: navigate|Sec-Fetch-Dest: document", 200},
		{"curl", "GET", "http://127.0.0.1:8800/api/status", inside, "", 200},
		{"localhost", "GET", "http://localhost:8800/api/status", inside, "", 200},
		{"IPv6", "GET", "http://[::1]:8800/api/status", inside, "", 200},
		{"its own page", "GET", "http://localhost:8800/api/status", inside, "Sec-Fetch-Site: same-origin|Sec-Fetch-Mode: cors", 200},
		{"its own page changes something", "POST", "http://localhost:8800/api/reload", inside, "Origin: http://localhost:8800|Sec-Fetch-Site: same-origin|Content-Type: application/json", 200},
		{"a script changes something", "POST", "http://localhost:8800/api/reload", inside, "Content-Type: application/json", 200},
		{"a link from elsewhere to the page", "GET", "http://localhost:8800/", inside, "Sec-Fetch-Site: cross-site|Sec-Fetch-Mode: navigate|Sec-Fetch-Dest: document", 200},
		{"a link from elsewhere to the API", "GET", "http://localhost:8800/api/records", inside, "Sec-Fetch-Site: cross-site|Sec-Fetch-Mode: navigate|Sec-Fetch-Dest: document", 403},
		{"a frame elsewhere", "GET", "http://localhost:8800/", inside, "Sec-Fetch-Site: cross-site|Sec-Fetch-Mode: navigate|Sec-Fetch-Dest: iframe", 403},
		{"an image elsewhere", "GET", "http://localhost:8800/api/records?follow=1", inside, "Sec-Fetch-Site: cross-site|Sec-Fetch-Mode: no-cors", 403},
		{"a page on another port", "GET", "http://localhost:8800/api/status", inside, "Origin: http://localhost:3000|Sec-Fetch-Site: same-site", 403},
		{"a rebound name", "GET", "http://evil.example:8800/api/status", inside, "Origin: http://evil.example:8800|Sec-Fetch-Site: same-origin", 421},
		{"a rebound name that looks like an address", "GET", "http://127.0.0.1.evil.example:8800/api/status", inside, "", 421},
		{"no name", "GET", "http:///api/status", inside, "", 421},
		{"another address", "GET", "http://10.0.0.1:8800/api/status", inside, "", 421},
		{"a form elsewhere", "POST", "http://localhost:8800/api/reload", inside, "Origin: https://evil.example|Content-Type: application/x-www-form-urlencoded", 403},
		{"a sandboxed page", "POST", "http://localhost:8800/api/reload", inside, "Origin: null|Content-Type: application/json", 403},
		{"a form without an origin", "POST", "http://localhost:8800/api/reload", inside, "Content-Type: text/plain", 415},
		{"no content type", "POST", "http://localhost:8800/api/reload", inside, "", 415},
		{"a change by GET", "GET", "http://localhost:8800/api/reload", inside, "", 404},
		{"a listed name", "GET", "https://Console.Example.com:8800/api/status", outside, "", 200},
		{"an address, beyond loopback", "GET", "https://192.0.2.1:8800/api/status", outside, "", 200},
		{"another name, beyond loopback", "GET", "https://evil.example:8800/api/status", outside, "", 421},
	}
	c := New(newFakeNode(), flow.NewJournal(0))
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := httptest.NewRequest(test.method, test.url, strings.NewReader("{}"))
			r.Header.Del("Content-Type")
			for header := range strings.SplitSeq(test.headers, "|") {
				if name, value, ok := strings.Cut(header, ": "); ok {
					r.Header.Set(name, value)
				}
			}
			w := httptest.NewRecorder()
			c.Handler(test.listen, []string{"console.example.com"}).ServeHTTP(w, r)
			if w.Code != test.want {
				t.Errorf("%d %s; want %d", w.Code, w.Body, test.want)
			}
			if policy := w.Header().Get("Content-Security-Policy"); !strings.Contains(policy, "script-src 'self';") || strings.Contains(policy, "unsafe") {
				t.Errorf("the policy is %q", policy)
			}
			if w.Header().Get("Cache-Control") != "no-store" || w.Header().Get("X-Content-Type-Options") != "nosniff" {
				t.Errorf("headers: %v", w.Header())
			}
			if w.Header().Get("Access-Control-Allow-Origin") != "" {
				t.Error("other origins are let in")
			}
		})
	}
}

// TestNoInlineScript holds the page to its policy, and to itself.
func TestNoInlineScript(t *testing.T) {
	entries, err := page.ReadDir("page")
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		text, err := page.ReadFile("page/" + entry.Name())
		if err != nil {
			t.Fatal(err)
		}
		for _, bad := range []string{"<script>", "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "onclick=\"", "style=\"", "<style", "//cdn", "https://"} {
			if strings.Contains(string(text), bad) {
				t.Errorf("%s has %q", entry.Name(), bad)
			}
		}
	}
}

func TestTheSocketAsksForNoName(t *testing.T) {
	c := New(newFakeNode(), flow.NewJournal(0))
	w := httptest.NewRecorder()
	c.Control().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://whatever/api/version", nil))
	if w.Code != 200 || !strings.Contains(w.Body.String(), `"version":"0.1.0"`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	w = httptest.NewRecorder()
	c.Control().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://whatever/", nil))
	if w.Code != 404 {
		t.Errorf("the socket shows a page: %d", w.Code)
	}
}
