// Command sniff prints the frames of an interface until it is interrupted.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"os/signal"

	"github.com/netwright/netwright/packet/wire"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()

	capture, err := wire.Open(wire.Config{Interface: os.Args[1]})
	if err != nil {
		log.Fatal(err)
	}
	defer capture.Close()
	if err := wire.DropPrivileges(); err != nil {
		log.Fatal(err)
	}

	stats, err := capture.Run(ctx, func(worker int, frames []wire.Frame) error {
		for _, f := range frames {
			fmt.Printf("%s  %-9v  %4d bytes  % x …\n", f.Time.Format("15:04:05.000000"), f.Type, f.Length, f.Data[:14])
		}
		return nil
	})
	if err != nil {
		log.Print(err)
	}
	fmt.Println(stats)
}
