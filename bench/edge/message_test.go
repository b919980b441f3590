//go:build linux

package main

import (
	"bytes"
	"strings"
	"testing"
)

// However the bytes are cut, a stream finds the same messages.
func TestStreamCutAnywhere(t *testing.T) {
	body := payload(100)
	wire := append(answer(body), answer(body)...)
	for cut := 0; cut <= len(wire); cut++ {
		for _, second := range []int{cut, min(cut+1, len(wire)), len(wire)} {
			s := stream{head: answerHead(body)}
			total := 0
			for _, part := range [][]byte{wire[:cut], wire[cut:second], wire[second:]} {
				done, err := s.feed(part)
				if err != nil {
					t.Fatalf("cut at %d and %d: %v", cut, second, err)
				}
				total += done
			}
			if total != 2 || s.inBody || len(s.partial) > 0 {
				t.Fatalf("cut at %d and %d: %d messages, in body %t, %d bytes left", cut, second, total, s.inBody, len(s.partial))
			}
		}
	}
}

func TestStreamWithoutBody(t *testing.T) {
	s := stream{head: func([]byte) ([]byte, error) { return nil, nil }}
	done, err := s.feed([]byte("GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\nGET"))
	if done != 2 || err != nil || string(s.partial) != "GET" {
		t.Errorf("%d messages, %v, %q left; want 2 and \"GET\"", done, err, s.partial)
	}
}

func TestStreamRefuses(t *testing.T) {
	body := payload(100)
	good := string(answer(body))
	tests := []struct{ name, wire, want string }{
		{"another status", strings.Replace(good, "200 OK", "502 Bad Gateway", 1), "502 Bad Gateway"},
		{"another length", strings.Replace(good, "Length: 100", "Length: 99", 1), "Content-Length 99"},
		{"no length", strings.Replace(good, "Content-Length", "Content-Size", 1), "Content-Length -1"},
		{"a changed byte", good[:len(good)-1] + string(body[99]^1), errBody.Error()},
		{"no end of the head", strings.Repeat("x", maxHead+1), "without an end"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := stream{head: answerHead(body)}
			_, err := s.feed([]byte(tt.wire))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one with %q", err, tt.want)
			}
		})
	}
}

func TestPayload(t *testing.T) {
	if !bytes.Equal(payload(1000), payload(1000)) {
		t.Error("two payloads of one size differ")
	}
	if bytes.Equal(payload(1000)[:64], payload(64)) {
		t.Error("payloads of two sizes begin alike")
	}
}
