package node

import (
	"context"
	"fmt"

	"github.com/netwright/netwright/console"
)

// control opens the socket that commands speak to. Only the owner of the node may.
func (n *Node) control() error {
	listen := func() (*console.Socket, error) {
		ln, err := console.ListenSocket(n.data.socket())
		if err != nil {
			return nil, fmt.Errorf("control socket: %w", err)
		}
		return ln, nil
	}
	ln, err := listen()
	if err != nil {
		return err
	}
	n.tasks.add("control socket", func(ctx context.Context) error {
		if ln == nil { // it has failed before
			if ln, err = listen(); err != nil {
				return err
			}
		}
		now := ln
		ln = nil
		return console.ListenAndAnswer(ctx, now, n.console.Control())
	})
	return nil
}
