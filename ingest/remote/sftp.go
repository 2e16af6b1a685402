package remote

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path"
	"sync"
	"time"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"
)

// Bounds of what an SFTP server may take its time for.
const (
	dialTime = 20 * time.Second
	listTime = time.Minute
	readTime = 10 * time.Minute
)

// SFTP is a folder on an SFTP server. It keeps its connection and dials again
// after a fault. It is safe for concurrent use.
type SFTP struct {
	addr, dir string
	config    *ssh.ClientConfig

	mu   sync.Mutex
	conn *sftpConn
}

type sftpConn struct {
	ssh  *ssh.Client
	sftp *sftp.Client
}

// close cuts the line first: the SFTP client's own Close waits for the server to
// answer, which one that hangs never does.
func (c *sftpConn) close() error {
	err := c.ssh.Close()
	_ = c.sftp.Close() // says that the line was cut
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// OpenSFTP opens sftp://user@host:port/path?key_file=…&known_hosts=…; resolve makes
// a path of the two files. There is no password, and no server is trusted that
// known_hosts does not name. Nothing is dialed yet.
func OpenSFTP(raw string, resolve func(string) string) (*SFTP, error) {
	u, err := url.Parse(raw)
	if err != nil || u.Scheme != "sftp" || u.Hostname() == "" || u.User.Username() == "" {
		return nil, errors.New("want sftp://user@host/path?key_file=…&known_hosts=…")
	}
	if _, ok := u.User.Password(); ok {
		return nil, errors.New("a password in the address: want a key file")
	}
	pem, err := os.ReadFile(resolve(u.Query().Get("key_file")))
	if err != nil {
		return nil, fmt.Errorf("key_file: %w", err)
	}
	signer, err := ssh.ParsePrivateKey(pem)
	if err != nil {
		return nil, fmt.Errorf("key_file %s: %w", u.Query().Get("key_file"), err)
	}
	trusted, err := knownhosts.New(resolve(u.Query().Get("known_hosts")))
	if err != nil {
		return nil, fmt.Errorf("known_hosts: %w", err)
	}
	port := u.Port()
	if port == "" {
		port = "22"
	}
	s := &SFTP{addr: net.JoinHostPort(u.Hostname(), port), dir: path.Join("/", u.Path)}
	s.config = &ssh.ClientConfig{
		User: u.User.Username(), Auth: []ssh.AuthMethod{ssh.PublicKeys(signer)},
		HostKeyCallback: trusted, HostKeyAlgorithms: algorithms(trusted, s.addr, signer.PublicKey()), Timeout: dialTime,
	}
	return s, nil
}

// algorithms returns those of the keys that known_hosts has of a server: without
// them a server with several keys may show one that is not in the file, and is
// taken for another. other is some key that is not the server's.
func algorithms(trusted ssh.HostKeyCallback, addr string, other ssh.PublicKey) []string {
	var ke *knownhosts.KeyError
	if err := trusted(addr, &net.TCPAddr{IP: net.IPv4zero}, other); !errors.As(err, &ke) {
		return nil
	}
	var out []string
	for _, k := range ke.Want {
		if t := k.Key.Type(); t == ssh.KeyAlgoRSA {
			out = append(out, ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256)
		} else {
			out = append(out, t)
		}
	}
	return out
}

// with calls f with a connection. One on which something went wrong, or ran out of
// time, is closed, and the next call dials again.
func (s *SFTP) with(ctx context.Context, limit time.Duration, f func(context.Context, *sftp.Client) error) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conn == nil {
		c, err := s.dial(ctx)
		if err != nil {
			return err
		}
		s.conn = c
	}
	c := s.conn
	// The library's calls end with the connection, not with the context.
	stop := context.AfterFunc(ctx, func() { _ = c.ssh.Close() })
	err := f(ctx, c.sftp)
	if !stop() || err != nil {
		s.conn = nil
		_ = c.close() // what went wrong is in err
	}
	if ctx.Err() != nil {
		return errors.Join(ctx.Err(), err)
	}
	return err
}

func (s *SFTP) dial(ctx context.Context) (*sftpConn, error) {
	d := net.Dialer{Timeout: dialTime}
	nc, err := d.DialContext(ctx, "tcp", s.addr)
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { _ = nc.Close() })
	defer stop()
	if err := nc.SetDeadline(time.Now().Add(dialTime)); err != nil {
		return nil, errors.Join(err, nc.Close())
	}
	conn, chans, reqs, err := ssh.NewClientConn(nc, s.addr, s.config)
	if err != nil {
		_ = nc.Close()
		var ke *knownhosts.KeyError
		switch {
		case errors.As(err, &ke) && len(ke.Want) == 0:
			return nil, fmt.Errorf("%s is not in known_hosts: ask its owner for the key, and add it", s.addr)
		case errors.As(err, &ke):
			return nil, fmt.Errorf("%s shows another key than known_hosts has: it is another server, or its key was changed: ask its owner", s.addr)
		}
		return nil, err
	}
	client := ssh.NewClient(conn, chans, reqs)
	if err := nc.SetDeadline(time.Time{}); err != nil {
		return nil, errors.Join(err, client.Close())
	}
	f, err := sftp.NewClient(client)
	if err != nil {
		return nil, errors.Join(err, client.Close())
	}
	return &sftpConn{client, f}, nil
}

// List implements Folder.
func (s *SFTP) List(ctx context.Context) (out []File, err error) {
	err = s.with(ctx, listTime, func(ctx context.Context, c *sftp.Client) error {
		infos, err := c.ReadDirContext(ctx, s.dir)
		for _, i := range infos {
			if i.Mode().IsRegular() && plain(i.Name()) {
				out = append(out, File{Name: i.Name(), Size: i.Size(), Modified: i.ModTime()})
			}
		}
		return err
	})
	return out, err
}

// Read implements Folder.
func (s *SFTP) Read(ctx context.Context, name string, limit int64) ([]byte, error) {
	w := &bounded{limit: limit}
	err := s.with(ctx, readTime, func(_ context.Context, c *sftp.Client) error {
		f, err := c.Open(path.Join(s.dir, name))
		if err != nil {
			return err
		}
		_, err = f.WriteTo(w) // several requests at once, where reading would wait for each
		return errors.Join(err, f.Close())
	})
	return w.b, err
}

// Close ends the connection. It may be called twice.
func (s *SFTP) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conn == nil {
		return nil
	}
	err := s.conn.close()
	s.conn = nil
	return err
}
