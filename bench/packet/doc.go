// Command packet measures Netwright's packet tools beside those that people use
// now, on one machine in one run:
//
//	go run ./bench/packet                 # all rows, as root for those on a wire
//	go run ./bench/packet -rows locate,build,lines
//
// In process it is compared with gopacket; dissection, filters, captures, scans
// and pings with Debian's tcpdump, tshark, Scapy, nmap and fping, each as its own
// documentation has it. What goes over a wire does so between two network
// namespaces that the run makes and removes.
//
// Rounds alternate between the two sides, and the median of each counts. Ratios
// are ours to theirs of the same run: of time, below 1 is less time; of frames a
// second, above 1 is more. A side that gives a wrong answer fails the row.
package main
