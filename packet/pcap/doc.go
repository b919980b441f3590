// Package pcap reads and writes capture files: pcap and pcapng, streaming.
package pcap
