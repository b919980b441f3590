// Package scan finds hosts and their open ports.
//
//	targets, err := scan.ParseTargets(ctx, []string{"192.168.1.0/24"}, nil)
//	…
//	s, err := scan.New(scan.Config{
//		Targets: targets,
//		Ports:   scan.Ports{22, 80, 443},
//		Result: func(r scan.Result) {
//			if r.State == scan.Open {
//				fmt.Println(r.Addr, r.Port)
//			}
//		},
//	})
//	…
//	defer s.Close()
//	summary, err := s.Run(ctx)
//
// It keeps no state per connection: what is asked carries a keyed hash of whom
// it asks (cookie), by which answers are recognised, and the order is a
// permutation (permutation), in which one number says how far a scan has come.
// Work goes window by window (window): who is silent in it is asked again.
// Answers say how fast to send (governor), and how long to wait for the last.
//
// [Config].Sockets does without privileges: by connections of the kernel's.
package scan
