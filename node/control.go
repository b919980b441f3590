package node

import (
	"context"
	"fmt"
	"net"

	"github.com/netwright/netwright/console"
)

// control opens the socket that commands speak to. Only the owner of the node may.
func (n *Node) control() error {
	o := opening{listen: func(context.Context) (net.Listener, error) {
		ln, err := console.ListenSocket(n.data.socket())
		if err != nil {
			return nil, fmt.Errorf("control socket: %w", err)
		}
		return ln, nil
	}}
	var err error
	if o.ln, err = o.open(context.Background()); err != nil {
		return err
	}
	n.tasks.add("control socket", func(ctx context.Context) error {
		ln, err := o.take(ctx)
		if err != nil {
			return err
		}
		return console.ListenAndAnswer(ctx, ln, n.console.Control())
	})
	return nil
}
