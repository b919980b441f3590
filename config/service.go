package config

import (
	"github.com/netwright/netwright/edge"
	"github.com/netwright/netwright/endpoint"
	"github.com/netwright/netwright/stream"
)

// ServiceConfig is one entry of serve: an HTTP service with routes, or a stream.
type ServiceConfig struct {
	edge.ServiceConfig `yaml:",inline"`

	// What answers in place of HTTP: echo, discard, daytime, chat, or exec with a command.
	Stream *stream.Config `yaml:"stream"`
	// How udp listeners make connections of datagrams: one for each peer, as long as it sends.
	Sessions *endpoint.SessionsConfig `yaml:"sessions"`
}
