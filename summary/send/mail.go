package send

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"

	mail "github.com/wneessen/go-mail"

	"github.com/auyl-kz/auyl/internal/mailaddr"
)

// MailOptions say where the mail server is and who we are.
type MailOptions struct {
	Host string
	Port int // 0 means 587, and 465 with TLS from the beginning
	// TLS is starttls, which is what "" means, or tls from the beginning, or none,
	// which only a server of this machine is spoken to with.
	TLS string
	CA  *x509.CertPool // authorities to trust; nil means the system's
	// User and Password log in; both empty: nobody does. They are never sent
	// without TLS.
	User, Password string
	From           string // bare address
	FromName       string
	ReplyTo        string        // bare address; empty for none
	Helo           string        // name of this machine; empty means localhost
	Timeout        time.Duration // of each exchange with the server; 0 means 30 s
}

// Mail is a mail server. It is safe for concurrent use; each message has a
// connection of its own.
type Mail struct{ o MailOptions }

// ErrClear says that mail would travel in the clear beyond this machine.
var ErrClear = errors.New("mail without TLS goes to a server of this machine only")

// NewMail checks the options and connects to nothing yet. Errors: ErrClear, and others.
func NewMail(o MailOptions) (*Mail, error) {
	if o.TLS == "" {
		o.TLS = "starttls"
	}
	if o.Port == 0 {
		o.Port = 587
		if o.TLS == "tls" {
			o.Port = 465
		}
	}
	if o.Timeout == 0 {
		o.Timeout = 30 * time.Second
	}
	if o.Helo == "" {
		o.Helo = "localhost"
	}
	if err := mailaddr.Check(o.From); err != nil {
		return nil, fmt.Errorf("mail: sender: %w", err)
	}
	if o.ReplyTo != "" {
		if err := mailaddr.Check(o.ReplyTo); err != nil {
			return nil, fmt.Errorf("mail: reply_to: %w", err)
		}
	}
	switch o.TLS {
	case "starttls", "tls":
	case "none":
		if !Loopback(o.Host) {
			return nil, fmt.Errorf("mail: host %s: %w", o.Host, ErrClear)
		}
		if o.User != "" || o.Password != "" {
			return nil, errors.New("mail: a password is not sent without TLS")
		}
	default:
		return nil, fmt.Errorf("mail: tls %q: want starttls, tls or none", o.TLS)
	}
	if (o.User == "") != (o.Password == "") {
		return nil, errors.New("mail: want user and password, or neither")
	}
	return &Mail{o}, nil
}

// Loopback reports whether a host is this machine by its very name.
func Loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.IsLoopback()
}

// client makes the client of one message. cut breaks its connection off, so that
// nothing half said is ended as if it were whole.
func (s *Mail) client() (c *mail.Client, cut func(), err error) {
	var conn net.Conn
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		d := net.Dialer{Timeout: s.o.Timeout}
		var err error
		conn, err = d.DialContext(ctx, network, address)
		if err != nil || s.o.TLS != "tls" {
			if err == nil && s.o.TLS == "none" && !loopbackConn(conn) {
				return nil, errors.Join(ErrClear, conn.Close())
			}
			return conn, err
		}
		t := tls.Client(conn, s.tls())
		if err := t.HandshakeContext(ctx); err != nil {
			return nil, errors.Join(err, conn.Close())
		}
		return t, nil
	}
	opts := []mail.Option{
		mail.WithPort(s.o.Port), mail.WithTimeout(s.o.Timeout), mail.WithHELO(s.o.Helo),
		mail.WithTLSConfig(s.tls()), mail.WithDialContextFunc(dial),
	}
	switch s.o.TLS {
	case "starttls":
		opts = append(opts, mail.WithTLSPolicy(mail.TLSMandatory))
	case "tls":
		opts = append(opts, mail.WithTLSPolicy(mail.NoTLS), mail.WithSSL())
	default:
		opts = append(opts, mail.WithTLSPolicy(mail.NoTLS))
	}
	if s.o.User != "" {
		opts = append(opts, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(s.o.User), mail.WithPassword(s.o.Password))
	}
	c, err = mail.NewClient(s.o.Host, opts...)
	return c, func() {
		if conn != nil {
			_ = conn.Close() // twice where the client closed it
		}
	}, err
}

func (s *Mail) tls() *tls.Config {
	return &tls.Config{ServerName: s.o.Host, RootCAs: s.o.CA, MinVersion: tls.VersionTLS12}
}

func loopbackConn(c net.Conn) bool {
	a, ok := c.RemoteAddr().(*net.TCPAddr)
	return ok && a.IP.IsLoopback()
}

// Send implements Channel. Until the dot that ends the message has been sent a
// broken connection is a refusal for a time; after it nobody can tell.
func (s *Mail) Send(ctx context.Context, m Message) (string, error) {
	msg, err := s.compose(m)
	if err != nil {
		return "", &RefusedError{Err: err} // no other try makes it better
	}
	c, cut, err := s.client()
	if err != nil {
		return "", &RefusedError{Temporary: true, Err: fmt.Errorf("mail: %w", err)}
	}
	defer cut()
	stop := context.AfterFunc(ctx, cut) // the client knows ctx while it dials only
	defer stop()
	if err := c.DialWithContext(ctx); err != nil {
		// A wrong password or a missing certificate is ours to mend: the message is
		// good, and goes when that is done.
		return "", &RefusedError{Temporary: true, Err: fmt.Errorf("mail: connect: %s", hideAddress(err.Error(), m.To.Address))}
	}
	err = c.Send(msg)
	if msg.IsDelivered() {
		if err == nil {
			_ = c.Close() // says QUIT: the message is theirs by now
		}
		return msg.ServerResponse(), nil
	}
	return "", judge(err, m.To.Address)
}

// judge says whether a message was surely not taken.
func judge(err error, address string) error {
	text := hideAddress(err.Error(), address)
	var e *mail.SendError
	if !errors.As(err, &e) {
		return fmt.Errorf("mail: %s", text)
	}
	code := e.ErrorCode()
	switch {
	case code >= 500:
		return &RefusedError{Code: code, Err: fmt.Errorf("mail: %s", text)}
	case code >= 400, e.IsTemp():
		return &RefusedError{Temporary: true, Code: code, Err: fmt.Errorf("mail: %s", text)}
	case e.Reason == mail.ErrSMTPDataClose, e.Reason == mail.ErrAmbiguous:
		return fmt.Errorf("mail: the server did not say whether it took the message: %s", text)
	}
	return &RefusedError{Temporary: true, Err: fmt.Errorf("mail: %s", text)}
}

// hideAddress takes a recipient's address out of what a server said.
func hideAddress(text, address string) string {
	lower, find := strings.ToLower(text), strings.ToLower(address)
	if find == "" || len(lower) != len(text) {
		return text
	}
	var out strings.Builder
	for {
		i := strings.Index(lower, find)
		if i < 0 {
			return out.String() + text
		}
		out.WriteString(text[:i] + "(recipient)")
		text, lower = text[i+len(find):], lower[i+len(find):]
	}
}

// compose makes the message; but for the borders between its parts it is the same each time.
func (s *Mail) compose(m Message) (*mail.Msg, error) {
	if err := mailaddr.Check(m.To.Address); err != nil {
		return nil, fmt.Errorf("mail: %w", err)
	}
	if strings.ContainsFunc(m.ID, func(r rune) bool { return r <= ' ' || r == '<' || r == '>' || r > '~' }) {
		return nil, fmt.Errorf("mail: message id %q", m.ID)
	}
	msg := mail.NewMsg(mail.WithNoDefaultUserAgent())
	if err := msg.FromFormat(oneLine(s.o.FromName, 100), s.o.From); err != nil {
		return nil, fmt.Errorf("mail: sender: %w", err)
	}
	if err := msg.To(m.To.Address); err != nil {
		return nil, errors.New("mail: recipient's address does not parse")
	}
	if s.o.ReplyTo != "" {
		if err := msg.ReplyTo(s.o.ReplyTo); err != nil {
			return nil, fmt.Errorf("mail: reply_to: %w", err)
		}
	}
	msg.Subject(oneLine(m.Title, 200))
	msg.SetMessageIDWithValue(m.ID)
	msg.SetDateWithValue(m.Date)
	msg.SetGenHeader("Content-Language", m.Lang)
	msg.SetGenHeader("Auto-Submitted", "auto-generated") // no answers of absence, please
	msg.SetGenHeader("X-Auyl-Summary", m.Run.Summary+" "+m.Run.Area.String()+" "+m.Run.Period.String())
	msg.SetGenHeader("X-Auyl-SHA256", m.Hash)

	msg.SetBodyString(mail.TypeTextPlain, m.Text)
	for _, f := range m.Forms {
		if f.Format == FormatMail {
			msg.AddAlternativeString(mail.TypeTextHTML, string(f.Bytes))
			for _, in := range f.Inline {
				err := msg.EmbedReader(in.ID, bytes.NewReader(in.Bytes), mail.WithFileContentType(mail.ContentType(in.ContentType)), mail.WithFileContentID(in.ID))
				if err != nil {
					return nil, fmt.Errorf("mail: picture %s: %w", in.ID, err)
				}
			}
			continue
		}
		if f.Format == FormatMarkdown {
			continue // is the text
		}
		if err := msg.AttachReader(fileName(f), strings.NewReader(string(f.Bytes)), mail.WithFileContentType(mail.ContentType(oneLine(f.ContentType, 100)))); err != nil {
			return nil, fmt.Errorf("mail: attach %s: %w", f.Format, err)
		}
	}
	return msg, nil
}

// fileName makes the name of a form one that no mail program stumbles over.
func fileName(f Form) string {
	name := strings.Map(func(r rune) rune {
		if r <= ' ' || strings.ContainsRune(`/\:*?"<>|`, r) || r == 0x7f {
			return '-'
		}
		return r
	}, strings.ToValidUTF8(f.Name, "-"))
	name = strings.TrimLeft(name, ".-")
	if name == "" {
		return "summary." + f.Format
	}
	return name
}

// Address is where the server is, for people.
func (s *Mail) Address() string { return net.JoinHostPort(s.o.Host, strconv.Itoa(s.o.Port)) }
