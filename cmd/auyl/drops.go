package main

import (
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/config"
	"github.com/auyl-kz/auyl/ingest"
	"github.com/auyl-kz/auyl/ingest/remote"
)

// unclaimed is the source of files that no contract claims.
const unclaimed = auyl.SourceID("drop.unclaimed")

// remoteSettle is how far two listings of a folder on another machine are apart
// that find a file the same: what comes over a slow line may rest for a second.
const remoteSettle = 5 * time.Second

// openDrops opens the drop folders, those of this machine and of others, and
// returns how a source gets its door to all of them, in the order of the
// configuration; "" is who takes the files that none of claimed has. once makes a
// pull wait for files on other machines that have not settled.
func (n *node) openDrops(registers string, once bool) (func(id auyl.SourceID, claimed []auyl.SourceID) ingest.Door, error) {
	every, err := time.ParseDuration(n.cfg.Drop.RemoteEvery)
	if err != nil {
		return nil, err
	}
	dirs := n.cfg.Drop.Dirs
	looks := make([]*remote.Look, len(dirs)) // nil: a folder of this machine
	for i, d := range dirs {
		if !config.Remote(d) {
			continue
		}
		folder, err := n.openRemote(d)
		if err != nil {
			return nil, n.cfg.Fault(fmt.Sprintf("$.drop.dirs[%d]", i), "%v", err)
		}
		looks[i] = remote.NewLook(bare(d), folder, remote.Options{Every: every, Settle: min(remoteSettle, every), Wait: once, Now: time.Now})
	}
	return func(id auyl.SourceID, claimed []auyl.SourceID) ingest.Door {
		here := ingest.Drop{Source: id, Claimed: claimed, Settle: settle, Wait: true, Now: time.Now, Contract: n.house.Contracts[id]}
		var doors ingest.Doors
		for i, d := range dirs {
			if looks[i] != nil {
				doors = append(doors, looks[i].Door(here.Wants, id == ""))
				continue
			}
			door := here
			door.Dirs = []string{n.cfg.Path(d)}
			doors = append(doors, &door)
		}
		if registers != "" {
			door := here
			door.Dirs = []string{registers}
			doors = append(doors, &door)
		}
		return doors
	}, nil
}

func (n *node) openRemote(dir string) (remote.Folder, error) {
	if strings.HasPrefix(dir, "s3://") {
		return remote.OpenBucket(dir, n.env)
	}
	f, err := remote.OpenSFTP(dir, n.cfg.Path)
	if err != nil {
		return nil, err
	}
	n.onClose(f.Close)
	return f, nil
}

// bare is an address without its query, for errors.
func bare(dir string) string {
	u, err := url.Parse(dir)
	if err != nil {
		return "?"
	}
	u.RawQuery = ""
	return u.Redacted()
}
