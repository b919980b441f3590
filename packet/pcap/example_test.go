package pcap_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"time"

	"github.com/netwright/netwright/packet/pcap"
)

// A capture is written, and read again with what belongs to it.
func Example() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "trace.pcapng.zst")

	w, err := pcap.Create(path, pcap.LinkRaw, &pcap.WriterOptions{
		Section:   pcap.Section{Application: "example"},
		Interface: pcap.Interface{Name: "tun0"},
	})
	if err != nil {
		log.Fatal(err)
	}
	err = w.Write(&pcap.Packet{
		Time:     time.Date(2026, 1, 2, 3, 4, 5, 600, time.UTC),
		Data:     []byte{0x45, 0, 0, 20},
		Length:   20, // on the wire
		LinkType: pcap.LinkRaw,
		Options:  pcap.Options{pcap.Comment("the first of many")},
	})
	if err = errors.Join(err, w.Close()); err != nil {
		log.Fatal(err)
	}

	r, err := pcap.Open(path)
	if err != nil {
		log.Fatal(err)
	}
	defer r.Close()
	for {
		p, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(p.Time.UTC(), r.Interfaces()[p.Interface].Name, p.LinkType, len(p.Data), "of", p.Length, p.Options.Comments())
	}
	// Output: 2026-01-02 03:04:05.0000006 +0000 UTC tun0 RAW 4 of 20 [the first of many]
}

// A filter keeps what a file says beside its packets.
func ExampleWriter_CarryOver() {
	filter := func(in io.Reader, out io.Writer) error {
		r, err := pcap.NewReader(in)
		if err != nil {
			return err
		}
		defer r.Close()
		w, err := pcap.NewWriter(out, pcap.LinkEthernet, &pcap.WriterOptions{Format: pcap.FormatPcapng})
		if err != nil {
			return err
		}
		w.CarryOver(r)
		for {
			p, err := r.Next()
			if err != nil {
				if err == io.EOF {
					err = nil
				}
				return errors.Join(err, w.Close())
			}
			if p.Length > 1000 {
				if err := w.Write(&p); err != nil {
					return err
				}
			}
		}
	}
	err := filter(bytes.NewReader([]byte("no capture")), io.Discard)
	fmt.Println(err)
	// Output: at octet 0, after 0 packets: not a capture file: it begins with 6e 6f 20 63; pcap and pcapng are read, plain or packed by gzip or zstd
}
