// Command tshark compares our dissection with tshark's.
//
//	go run ./packet/testdata/tshark report [-proto dns,mdns] [-v] [-n 3] [FILES…]
//	go run ./packet/testdata/tshark show [-ours] FILE [FRAME]
//	go run ./packet/testdata/tshark write [-proto dns,mdns]
//	go run ./packet/testdata/tshark check 20
//
// report compares over captures, all of ../shared/suites and
// packet/testdata/captures if none are given; show prints what is compared. write
// makes the golden files under packet/testdata/golden of the protocols that are
// done, and is the only one to do so; check makes some of them again, chosen at
// random, and tells whether tshark still shows the same.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/netwright/netwright/packet/proto"
	"github.com/netwright/netwright/packet/tsharktest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	usage := errors.New("usage: tshark report [-proto NAMES] [-v] [-n EXAMPLES] [FILES…] | show [-ours] FILE [FRAME] | write [-proto NAMES] | check N")
	if len(args) == 0 {
		return usage
	}
	switch args[0] {
	case "report":
		return report(ctx, args[1:])
	case "show":
		return show(ctx, args[1:])
	case "write":
		return write(ctx, args[1:])
	case "check":
		return check(ctx, args[1:])
	}
	return usage
}

// report prints what differs.
func report(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("report", flag.ContinueOnError)
	protos := flags.String("proto", "", "only these protocols, and the captures in which tshark finds them")
	verbose := flags.Bool("v", false, "print differences and the names that are lacking")
	examples := flags.Int("n", 3, "how many examples of each difference")
	if err := flags.Parse(args); err != nil {
		return err
	}
	t, err := tsharktest.Find(ctx)
	if err != nil {
		return err
	}
	folders, captures, err := named(flags.Args())
	if err != nil {
		return err
	}
	style := tsharktest.Style{Verbose: *verbose, Examples: *examples}
	if *protos != "" {
		style.Protocols = strings.Split(*protos, ",")
		if captures, err = tsharktest.With(ctx, t, captures, style.Protocols); err != nil {
			return err
		}
	}
	r, err := tsharktest.Compare(ctx, t, proto.Set(), folders, captures)
	r.Write(os.Stdout, style)
	return err
}

// named lists the captures of some names, or all. Names are paths, or as reports
// have them.
func named(names []string) (folders tsharktest.Folders, captures []string, err error) {
	if folders, err = tsharktest.FindFolders(); err != nil && len(names) == 0 {
		return folders, nil, err
	}
	if len(names) == 0 {
		captures, err = folders.Captures()
		return folders, captures, err
	}
	for _, name := range names {
		path, err := filepath.Abs(name)
		if err != nil {
			return folders, nil, err
		}
		if _, err := os.Stat(path); err != nil {
			path = folders.Path(name)
		}
		captures = append(captures, path)
	}
	return folders, captures, nil
}

// show prints a capture's frames as they are compared.
func show(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("show", flag.ContinueOnError)
	own := flags.Bool("ours", false, "by our tables, not by tshark")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() == 0 {
		return errors.New("show needs a capture")
	}
	_, captures, err := named(flags.Args()[:1])
	if err != nil {
		return err
	}
	capture := captures[0]
	var frames []tsharktest.Frame
	if *own {
		frames, err = tsharktest.Ours(proto.Set(), capture)
	} else {
		var t *tsharktest.Tshark
		if t, err = tsharktest.Find(ctx); err == nil {
			frames, err = t.Frames(ctx, capture)
		}
	}
	if err != nil {
		return err
	}
	if number, err := strconv.Atoi(flags.Arg(1)); err == nil {
		if number < 1 || number > len(frames) {
			return fmt.Errorf("%s has frames 1 to %d", capture, len(frames))
		}
		frames = frames[number-1 : number]
	}
	return tsharktest.WriteFrames(os.Stdout, frames)
}
