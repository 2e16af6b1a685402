package remote_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"

	"github.com/auyl-kz/auyl/ingest/remote"
)

// sftpServer is a real SFTP server on loopback over a folder, which it only shows.
type sftpServer struct {
	dir, addr       string
	keyFile, known  string // of the client
	mu              sync.Mutex
	open            []net.Conn
	host, strangers ssh.Signer // its own key, and one that nobody knows
}

func signer(t *testing.T) (s ssh.Signer, private []byte) {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if s, err = ssh.NewSignerFromKey(key); err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(key, "")
	if err != nil {
		t.Fatal(err)
	}
	return s, pem.EncodeToMemory(block)
}

func write(t *testing.T, name string, b []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func serveSFTP(t *testing.T) *sftpServer {
	t.Helper()
	s := &sftpServer{dir: t.TempDir()}
	client, private := signer(t)
	s.host, _ = signer(t)
	s.strangers, _ = signer(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.addr = l.Addr().String()
	s.keyFile = write(t, "id", private)
	s.known = write(t, "known_hosts", []byte(knownhosts.Line([]string{s.addr}, s.host.PublicKey())+"\n"))
	config := &ssh.ServerConfig{PublicKeyCallback: func(_ ssh.ConnMetadata, k ssh.PublicKey) (*ssh.Permissions, error) {
		if !bytes.Equal(k.Marshal(), client.PublicKey().Marshal()) {
			return nil, os.ErrPermission
		}
		return &ssh.Permissions{}, nil
	}}
	config.AddHostKey(s.host)
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			s.mu.Lock()
			s.open = append(s.open, c)
			s.mu.Unlock()
			wg.Go(func() { s.serve(c, config) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		s.hangUp()
		wg.Wait()
	})
	return s
}

// serve speaks SFTP on one connection until it ends.
func (s *sftpServer) serve(c net.Conn, config *ssh.ServerConfig) {
	defer c.Close()
	_, chans, reqs, err := ssh.NewServerConn(c, config)
	if err != nil {
		return
	}
	go ssh.DiscardRequests(reqs) // ends with the connection
	for nc := range chans {
		ch, in, err := nc.Accept()
		if err != nil {
			return
		}
		for r := range in {
			ok := r.Type == "subsystem" && strings.HasSuffix(string(r.Payload), "sftp")
			if err := r.Reply(ok, nil); err != nil || !ok {
				return
			}
			break
		}
		go ssh.DiscardRequests(in) // ends with the connection
		srv, err := sftp.NewServer(ch, sftp.ReadOnly())
		if err != nil {
			return
		}
		_ = srv.Serve()
	}
}

// hangUp cuts all connections.
func (s *sftpServer) hangUp() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.open {
		_ = c.Close()
	}
	s.open = nil
}

func (s *sftpServer) url() string {
	return "sftp://auyl@" + s.addr + s.dir + "?key_file=" + s.keyFile + "&known_hosts=" + s.known
}

func same(p string) string { return p }

func TestSFTPTrustsNobodyUnknown(t *testing.T) {
	t.Parallel()
	srv := serveSFTP(t)
	_, otherKey := signer(t)
	tests := []struct{ name, key, known, want string }{
		{"a server that is not in the file", srv.keyFile, write(t, "known", []byte(knownhosts.Line([]string{"elsewhere:22"}, srv.host.PublicKey())+"\n")), "is not in known_hosts"},
		{"a server with another key", srv.keyFile, write(t, "known", []byte(knownhosts.Line([]string{srv.addr}, srv.strangers.PublicKey())+"\n")), "shows another key"},
		{"a client that the server does not know", write(t, "id", otherKey), srv.known, "unable to authenticate"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f, err := remote.OpenSFTP("sftp://auyl@"+srv.addr+srv.dir+"?key_file="+tt.key+"&known_hosts="+tt.known, same)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := f.List(t.Context()); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("List = %v, want %q", err, tt.want)
			}
			if err := f.Close(); err != nil {
				t.Errorf("Close = %v", err)
			}
		})
	}
}

func TestSFTPAddressesWithoutWhatIsNeededAreRefused(t *testing.T) {
	t.Parallel()
	srv := serveSFTP(t)
	for name, raw := range map[string]string{
		"password":      "sftp://auyl:secret@" + srv.addr + "/?key_file=" + srv.keyFile + "&known_hosts=" + srv.known,
		"no user":       "sftp://" + srv.addr + "/?key_file=" + srv.keyFile + "&known_hosts=" + srv.known,
		"no key":        "sftp://auyl@" + srv.addr + "/?known_hosts=" + srv.known,
		"no hosts":      "sftp://auyl@" + srv.addr + "/?key_file=" + srv.keyFile,
		"key of hosts":  "sftp://auyl@" + srv.addr + "/?key_file=" + srv.known + "&known_hosts=" + srv.known,
		"another thing": "ftp://auyl@" + srv.addr + "/",
	} {
		if f, err := remote.OpenSFTP(raw, same); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: OpenSFTP = %v, %v, want a refusal without secrets", name, f, err)
		}
	}
}

func TestSFTPDialsAgainAfterTheLineWasCut(t *testing.T) {
	t.Parallel()
	srv := serveSFTP(t)
	if err := os.WriteFile(filepath.Join(srv.dir, "a.b@1.csv"), []byte("one"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/etc/passwd", filepath.Join(srv.dir, "a.b@link.csv")); err != nil {
		t.Fatal(err)
	}
	f, err := remote.OpenSFTP(srv.url(), same)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for range 2 {
		files, err := f.List(t.Context())
		if err != nil || len(files) != 1 || files[0].Name != "a.b@1.csv" || files[0].Size != 3 {
			t.Fatalf("List = %v, %v, want the one file and no link", files, err)
		}
		srv.hangUp()
		if _, err := f.Read(t.Context(), "a.b@1.csv", 3); err == nil {
			t.Fatal("Read over a cut line = nil error")
		}
		if b, err := f.Read(t.Context(), "a.b@1.csv", 3); err != nil || string(b) != "one" {
			t.Fatalf("Read after that = %q, %v, want the bytes", b, err)
		}
	}
	if _, err := f.Read(t.Context(), "a.b@1.csv", 2); err == nil {
		t.Error("Read of more than the limit = nil error")
	}
}
