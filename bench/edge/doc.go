// Command edge measures what proxying and serving costs Netwright, side by
// side in one run with nginx, HAProxy and Caddy.
//
// Every server is pinned to one processor; the load generator and the backend
// run on another. The same closed-loop generator drives all of them, checks
// every answer byte for byte, and what is compared is the CPU time that the
// server itself used (its process clock), divided by the requests answered.
// Rounds are interleaved (A B C, A B C, …) and the median counts. One failed
// request in a row, whoever failed it, and the row prints no ratio.
//
//	go run ./bench/edge                                # everything, about seven minutes
//	go run ./bench/edge -rows proxy64,tls64 -rounds 3  # some rows, quicker
//	go run ./bench/edge -rows proxy64 -profile         # and a CPU profile of Netwright
//
// A server that is still being written can stand in Netwright's place; the
// words in braces are replaced:
//
//	go run ./bench/edge -rows proxy64 -peers nginx -cmd './wip --listen {listen} --to {backend}'
//
// docs/benchmarks.md describes the method and holds the figures.
package main
