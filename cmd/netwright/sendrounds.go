package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/netwright/netwright/packet/exchange"
)

// budget is how many packets may still be sent; nil is any number.
type budget struct{ left uint64 }

func (s *send) budget() *budget {
	if s.most == 0 {
		return nil
	}
	return &budget{s.most}
}

func (b *budget) spent() bool { return b != nil && b.left == 0 }

// limited is packets for as long as the budget lasts.
func (b *budget) limited(packets iter.Seq2[[]byte, error]) iter.Seq2[[]byte, error] {
	if b == nil {
		return packets
	}
	return func(yield func([]byte, error) bool) {
		if b.left == 0 {
			return
		}
		for p, err := range packets {
			b.left--
			if !yield(p, err) || b.left == 0 {
				return
			}
		}
	}
}

// more says whether there is a round after n of them.
func (s *send) more(n uint64, b *budget) bool { return (s.count == 0 || n < s.count) && !b.spent() }

// sending is a batch and what sends it.
type sending struct {
	*exchange.Exchange
	*batch
}

// transmit opens what sends the batches, gives up all privileges, and sends them as
// often as the flags say.
func (s *send) transmit(cmd *cobra.Command, batches []*batch) error {
	printer, err := s.how.printer(cmd, s.config.Set)
	if err != nil {
		return err
	}
	var all []sending
	for _, b := range batches {
		cfg := s.configOf(b)
		cfg.Result = printer.result
		x, err := exchange.Open(cfg)
		if err != nil {
			return err
		}
		defer x.Close()
		all = append(all, sending{x, b})
	}
	if err := dropPrivileges(cmd); err != nil {
		return err
	}
	sum, err := s.rounds(cmd.Context(), all, printer)
	err = errors.Join(err, printer.out.Flush())
	fmt.Fprintln(cmd.ErrOrStderr(), s.summary(sum))
	if err != nil {
		return err
	}
	if printer.failure != nil {
		if sum.Sent == 0 {
			return printer.failure
		}
		fmt.Fprintf(cmd.ErrOrStderr(), "The first that could not be sent: %v\n", printer.failure)
	}
	if s.receive && sum.Answered == 0 {
		return errors.New("no answer")
	}
	return nil
}

// rounds sends all batches, once or again and again. A round in which nothing is waited
// for is made part of the one before, so that the rate is kept over all of them.
func (s *send) rounds(ctx context.Context, all []sending, p *resultPrinter) (total exchange.Summary, err error) {
	budget := s.budget()
	if len(all) == 1 && !s.receive {
		return all[0].Run(ctx, budget.limited(s.repeated(ctx, all[0].batch)))
	}
	for n := uint64(0); s.more(n, budget); n++ {
		start := time.Now()
		for _, b := range all {
			begin := time.Now()
			p.before = total.Packets
			sum, err := b.Run(ctx, budget.limited(b.packets))
			total = add(total, sum)
			if err != nil || ctx.Err() != nil || s.config.First && sum.Answered > 0 {
				return total, err
			}
			if err := p.out.Flush(); err != nil {
				return total, err
			}
			if s.config.Rate > 0 && !s.receive {
				until(ctx, begin.Add(time.Duration(float64(sum.Packets)/s.config.Rate*float64(time.Second))))
			}
		}
		if s.more(n+1, budget) && !until(ctx, start.Add(s.interval)) {
			break
		}
	}
	return total, nil
}

// repeated is packets as often as -c and --loop say.
func (s *send) repeated(ctx context.Context, of *batch) iter.Seq2[[]byte, error] {
	if of.times != nil && s.interval == 0 {
		return of.times(s.count)
	}
	return func(yield func([]byte, error) bool) {
		for n := uint64(0); s.count == 0 || n < s.count; n++ {
			start := time.Now()
			for b, err := range of.packets {
				if !yield(b, err) {
					return
				}
			}
			if ctx.Err() != nil || n+1 != s.count && s.interval > 0 && !until(ctx, start.Add(s.interval)) {
				return
			}
		}
	}
}

// add is the sum of what two rounds did.
func add(a, b exchange.Summary) exchange.Summary {
	b.Packets += a.Packets
	b.Sent += a.Sent
	b.Answered += a.Answered
	b.Unanswered += a.Unanswered
	b.Failed += a.Failed
	b.Answers += a.Answers
	b.Unasked += a.Unasked
	b.Report.Packets += a.Report.Packets
	b.Report.Bytes += a.Report.Bytes
	b.Report.Failed += a.Report.Failed
	b.Report.Waits += a.Report.Waits
	b.Report.Slipped += a.Report.Slipped
	if !a.Report.First.IsZero() {
		b.Report.First = a.Report.First
	}
	return b
}

func (s *send) summary(sum exchange.Summary) string {
	if s.receive {
		return sum.String()
	}
	text := sum.Report.String()
	if sum.Failed > 0 && !strings.Contains(text, "refused") {
		text += fmt.Sprintf(", %d could not be sent", sum.Failed)
	}
	return text
}
