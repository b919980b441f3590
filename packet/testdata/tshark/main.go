// Command tshark compares our dissection with tshark's.
//
//	go run ./packet/testdata/tshark report [-proto dns,mdns] [-v] [-n 3] [FILES…]
//	go run ./packet/testdata/tshark show [-ours] FILE [FRAME]
//	go run ./packet/testdata/tshark write [-proto dns,mdns]
//	go run ./packet/testdata/tshark check 20
//
// report compares over captures, all of ../shared/suites if none are given; show
// prints what is compared. write makes the golden files under
// packet/testdata/golden of the protocols that are done, and is the only one to
// do so; check makes some of them again, chosen at random, and tells whether
// tshark still shows the same.
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
	base, captures, err := suites(flags.Args())
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
	r, err := tsharktest.Compare(ctx, t, proto.Set(), base, captures)
	r.Write(os.Stdout, style)
	return err
}

// suites lists the captures that are named, or all. They may be named by their
// path from the suites on.
func suites(named []string) (base string, captures []string, err error) {
	if base, err = tsharktest.Suites(); err != nil && len(named) == 0 {
		return "", nil, err
	}
	if len(named) == 0 {
		captures, err = tsharktest.Captures(base)
		return base, captures, err
	}
	for _, name := range named {
		if _, err := os.Stat(name); err != nil {
			name = filepath.Join(base, name)
		}
		captures = append(captures, name)
	}
	return base, captures, nil
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
	_, captures, err := suites(flags.Args()[:1])
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
