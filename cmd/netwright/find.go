package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/netwright/netwright/config"
	"github.com/netwright/netwright/console"
	"github.com/netwright/netwright/node"
)

// nodeFlag says which of the running nodes a command speaks to.
type nodeFlag struct{ path string }

func (f *nodeFlag) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.path, "node", "", "config, data folder or control socket `PATH` of the node (default: that of this folder, or the only one)")
}

// client finds the node and returns a client of it that has been answered.
func (f *nodeFlag) client(ctx context.Context) (*console.Client, error) {
	socket, err := f.socket(ctx)
	if err != nil {
		return nil, err
	}
	return console.Dial(socket), nil
}

// socket is the control socket of the node, which has answered there.
func (f *nodeFlag) socket(ctx context.Context) (string, error) {
	if f.path != "" {
		socket, err := socketOf(f.path)
		if err != nil {
			return "", fmt.Errorf("--node: %w", err)
		}
		if err := answers(ctx, socket); err != nil {
			return "", fmt.Errorf("--node %s: %w", f.path, err)
		}
		return socket, nil
	}
	folder, err := config.FindDataFolder(config.DefaultFile)
	switch {
	case err == nil:
		return f.ofThisFolder(ctx, filepath.Join(folder, node.ControlSocket))
	case errors.Is(err, fs.ErrNotExist):
		return theOnlyNode(ctx)
	}
	return "", err
}

// ofThisFolder is the node of the config in this folder. Another that runs is
// only told about, since what is meant here may not be meant for that one.
func (f *nodeFlag) ofThisFolder(ctx context.Context, socket string) (string, error) {
	err := answers(ctx, socket)
	if err == nil || !errors.Is(err, console.ErrNoNode) || errors.Is(err, fs.ErrPermission) {
		return socket, err
	}
	hint := "start it with: netwright up"
	if others := runningNodes(ctx); len(others) > 0 {
		hint += "\nor choose one of those that run with --node:\n" + listNodes(others)
	}
	return "", fmt.Errorf("no node runs the %s of this folder; %s", config.DefaultFile, hint)
}

// socketOf is the control socket that belongs to a socket, a data folder or a
// config file.
func socketOf(path string) (string, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return "", err
	case info.IsDir():
		return filepath.Join(path, node.ControlSocket), nil
	case info.Mode().IsRegular():
		folder, err := config.FindDataFolder(path)
		return filepath.Join(folder, node.ControlSocket), err
	}
	return path, nil
}

// answers returns nil where a node answers on the socket.
func answers(ctx context.Context, socket string) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	client := console.Dial(socket)
	defer client.Close()
	_, err := client.Version(ctx)
	return err
}

// theOnlyNode is the control socket of the one node that runs.
func theOnlyNode(ctx context.Context) (string, error) {
	switch nodes := runningNodes(ctx); len(nodes) {
	case 0:
		return "", errors.New("no node runs; start one with: netwright up\n(one with a data folder of its own is found by --node PATH)")
	case 1:
		return nodes[0].socket, nil
	default:
		return "", fmt.Errorf("%d nodes run; choose one with --node:\n%s", len(nodes), listNodes(nodes))
	}
}

// runningNode is one that has answered.
type runningNode struct {
	socket string
	info   console.Info
}

// runningNodes asks on the control socket of every data folder.
func runningNodes(ctx context.Context) []runningNode {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	var found []runningNode
	for _, folder := range config.DataFolders() {
		socket := filepath.Join(folder, node.ControlSocket)
		client := console.Dial(socket)
		if status, err := client.Status(ctx); err == nil {
			found = append(found, runningNode{socket, status.Info})
		}
		client.Close()
	}
	return found
}

func listNodes(nodes []runningNode) string {
	lines := make([]string, len(nodes))
	for i, n := range nodes {
		runs := n.info.Config
		if runs == "" {
			runs = filepath.Base(n.info.Data)
		}
		lines[i] = fmt.Sprintf("  --node %s   %s, process %d", n.info.Data, runs, n.info.PID)
	}
	return strings.Join(lines, "\n")
}
