package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/auyl-kz/auyl/stream"
)

// leaseTime is how long a process that died keeps others waiting.
const leaseTime = 15 * time.Second

// holder is this process, for people.
func holder() string {
	host, err := os.Hostname()
	if err != nil {
		host = "?"
	}
	return fmt.Sprintf("%s, process %d", host, os.Getpid())
}

// lease takes a job for this process alone, of all at one NATS, or says who has it.
func (n *node) lease(ctx context.Context, job string) (*stream.Lease, error) {
	l, err := n.conn.AcquireLease(ctx, job, holder(), leaseTime)
	if held, ok := errors.AsType[*stream.HeldError](err); ok {
		return nil, unreachable(fmt.Errorf("%s is done by another auyl (%s): stop it, or wait", job, held.Holder))
	}
	return l, err
}

// ingestLease makes this process the one ingest of its NATS: of several the others
// stand by, and one of them takes over when it dies. Once does not wait. The context
// ends when the lease is lost; the closers of the node give it back.
func (n *node) ingestLease(ctx context.Context, once bool) (context.Context, error) {
	l, err := n.conn.AcquireLease(ctx, "ingest", holder(), leaseTime)
	if held, ok := errors.AsType[*stream.HeldError](err); ok {
		if once {
			return nil, unreachable(fmt.Errorf("another auyl ingests (%s): stop it, or wait", held.Holder))
		}
		n.log.WarnContext(ctx, "ingest stands by", "holder", held.Holder)
		l, err = n.conn.WaitLease(ctx, "ingest", holder(), leaseTime)
	}
	if err != nil {
		return nil, err
	}
	n.onClose(l.Close)
	leased, lost := context.WithCancelCause(ctx)
	stop := make(chan struct{})
	go func() { // ends with the node
		select {
		case <-l.Lost():
			lost(errLeaseLost)
		case <-stop:
		}
	}()
	n.onClose(func() error {
		close(stop)
		lost(nil)
		return nil
	})
	return leased, nil
}

var errLeaseLost = errors.New("the lease of the ingest is lost: another one may have taken over")
