// Package flow says what happened: every connection, request, session, probe
// or job ends in one [Record], and every record goes to the [Journal].
//
// A record is one fixed-size slot. Its texts are copied into a small arena of
// its own and cut with a mark where they do not fit, so that filling and
// writing one allocates nothing and nothing in it points elsewhere:
//
//	var rec flow.Record // kept with the connection and used again
//	rec.Begin(flow.Request, time.Now())
//	rec.SetPeer(peer)
//	rec.SetString(flow.Service, "web")
//	rec.Set(flow.Path, head.Path)
//	rec.Status, rec.BytesOut = 200, 5120
//	rec.Duration = time.Since(start)
//	journal.Write(&rec)
//
// The journal is a ring of the last records. Whoever wants them subscribes and
// reads with a cursor of its own, behind the writers:
//
//	sub := journal.Subscribe("metrics", flow.Queue{Size: 4096})
//	defer sub.Close()
//	buf := make([]flow.Record, 256)
//	for {
//		n, err := sub.Next(ctx, buf)
//		if err != nil {
//			return err
//		}
//		count(buf[:n])
//	}
//
// A subscriber that falls behind by more than its queue loses the oldest ones
// and can tell how many ([Subscription.Lost]); no writer waits for it unless
// its queue says so. A [Sink] is a subscriber that writes a file, as JSON lines
// or in the combined log format, and rotates it.
//
// The package knows no protocol: what a record's fields mean for HTTP, MQTT or
// a device job is for those packages to say.
package flow
