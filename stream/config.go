package stream

import (
	"errors"
	"fmt"
	"log/slog"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/netwright/netwright/endpoint"
)

// Config says what a stream service speaks.
type Config struct {
	// What answers: echo sends back what comes, discard drops it, daytime
	// tells the time, chat is a line chat with rooms, exec runs a command for
	// each connection.
	Kind string `yaml:"kind,short" enum:"echo|discard|daytime|chat|exec" required:"true"`
	// The command that exec runs and its arguments. No shell reads them.
	Command []string `yaml:"command"`
	// How long a connection may be silent both ways before it is closed;
	// default 10m, and off for a chat.
	Idle time.Duration `yaml:"idle"`
	// Bounds of the chat.
	Chat ChatConfig `yaml:"chat"`
}

// SetDefaults fills what is zero.
func (c *Config) SetDefaults() {
	if c.Idle == 0 {
		c.Idle = 10 * time.Minute
		if c.Kind == "chat" {
			c.Idle = -1
		}
	}
	c.Chat.SetDefaults()
}

// Kinds are the values of Config.Kind.
func Kinds() []string { return []string{"echo", "discard", "daytime", "chat", "exec"} }

// Validate says what cannot work.
func (c *Config) Validate() error {
	switch {
	case c.Kind == "exec" && len(c.Command) == 0:
		return &fieldError{"command", errors.New("exec needs a command")}
	case c.Kind == "exec" && len(c.Command) == 1 && strings.Contains(c.Command[0], " ") && !isProgram(c.Command[0]):
		words := strings.Join(strings.Fields(c.Command[0]), ", ")
		return &fieldError{"command", fmt.Errorf("no program is called %q; give the words one by one: [%s]", c.Command[0], words)}
	case c.Kind != "exec" && len(c.Command) > 0:
		return &fieldError{"command", fmt.Errorf("%s runs no command; exec does", c.Kind)}
	}
	if slices.Contains(Kinds(), c.Kind) {
		return nil
	}
	return &fieldError{"kind", fmt.Errorf("no stream is called %q; there are %s", c.Kind, strings.Join(Kinds(), ", "))}
}

func isProgram(name string) bool {
	_, err := exec.LookPath(name)
	return err == nil
}

// fieldError is a mistake in one setting.
type fieldError struct {
	key string
	err error
}

func (e *fieldError) Error() string        { return e.err.Error() }
func (e *fieldError) Unwrap() error        { return e.err }
func (e *fieldError) ConfigPath() []string { return []string{e.key} }

// New makes the handler that config asks for. A chat gets rooms of its own; use
// [NewChat] to give it others. A nil log logs nothing.
func New(config Config, log *slog.Logger) (endpoint.Handler, error) {
	config.SetDefaults()
	if err := config.Validate(); err != nil {
		return nil, fmt.Errorf("stream: %w", err)
	}
	switch config.Kind {
	case "echo":
		return Echo{Idle: config.Idle}, nil
	case "discard":
		return Discard{Idle: config.Idle}, nil
	case "daytime":
		return Daytime{}, nil
	case "chat":
		return NewChat(config.Chat, config.Idle, NewRooms(config.Chat.Rooms)), nil
	}
	return Exec{Command: config.Command, Idle: config.Idle, Log: log}, nil
}
