package send

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/internal/mailaddr"
)

// The kinds of channel.
const (
	KindMail    = "smtp"
	KindFolder  = "folder" // on this machine or in a bucket
	KindWebhook = "webhook"
	KindNATS    = "nats"
)

// The formats that a recipient may want.
const (
	FormatHTML     = "html"
	FormatMail     = "mail" // what a recipient of mail gets for html
	FormatPDF      = "pdf"
	FormatXLSX     = "xlsx"
	FormatMarkdown = "markdown"
	FormatJSON     = "json"
)

// Recipient is somebody or something that gets summaries.
type Recipient struct {
	ID      string // label: small letters, digits, hyphens
	Channel string // name of a channel
	Kind    string // of that channel
	// Address is an address of e-mail, a folder below that of the channel, the URL
	// of a webhook or a subject of NATS. It is personal and never logged.
	Address string
	Langs   []string
	Formats []string
	// Areas, when there are any, are those whose summaries it gets.
	Areas []auyl.AreaCode
}

// Wants reports whether the recipient gets the summaries of an area.
func (r *Recipient) Wants(area auyl.AreaCode) bool {
	return len(r.Areas) == 0 || slices.Contains(r.Areas, area)
}

// normal is the address such that two spellings of one are equal.
func (r *Recipient) normal() string {
	if r.Kind != KindMail {
		return r.Channel + "\n" + r.Address // folders of two channels are two
	}
	return mailaddr.Normal(r.Address)
}

var (
	idShape      = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,62}$`)
	subjectShape = regexp.MustCompile(`^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$`)
)

// Check returns what is wrong with a recipient.
func (r *Recipient) Check() error {
	var faults []error
	bad := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	if !idShape.MatchString(r.ID) {
		bad("recipient %q: want a label of small letters, digits and hyphens", r.ID)
	}
	if err := CheckAddress(r.Kind, r.Address); err != nil {
		bad("recipient %s: %w", r.ID, err)
	}
	if len(r.Langs) == 0 {
		bad("recipient %s: no language: want kk, ru or en", r.ID)
	}
	for i, l := range r.Langs {
		if !slices.Contains([]string{"kk", "ru", "en"}, l) || slices.Contains(r.Langs[:i], l) {
			bad("recipient %s: language %q: want kk, ru and en once each", r.ID, l)
		}
	}
	if len(r.Formats) == 0 {
		bad("recipient %s: no format: want html, pdf, xlsx, markdown or json", r.ID)
	}
	for i, f := range r.Formats {
		if !slices.Contains([]string{FormatHTML, FormatPDF, FormatXLSX, FormatMarkdown, FormatJSON}, f) || slices.Contains(r.Formats[:i], f) {
			bad("recipient %s: format %q: want html, pdf, xlsx, markdown and json once each", r.ID, f)
		}
	}
	if (r.Kind == KindWebhook || r.Kind == KindNATS) && len(r.Formats) > 1 {
		bad("recipient %s: one message is one format: want a recipient for each", r.ID)
	}
	return errors.Join(faults...)
}

// CheckAddress checks an address of a kind of channel.
func CheckAddress(kind, address string) error {
	switch kind {
	case KindMail:
		return mailaddr.Check(address)
	case KindFolder:
		if address != "" && !cleanPath(address) {
			return fmt.Errorf("folder %q: want a relative path, and none that leads upwards", address)
		}
	case KindWebhook:
		_, err := webhookURL(address)
		return err
	case KindNATS:
		// What begins otherwise may be a stream of the pipeline.
		if !subjectShape.MatchString(address) || !strings.HasPrefix(address, "summary.") {
			return fmt.Errorf("subject %q: want summary. and words of letters and digits joined by dots, without wildcards", address)
		}
	default:
		return fmt.Errorf("unknown kind of channel %q: want smtp, folder, webhook or nats", kind)
	}
	return nil
}

func cleanPath(p string) bool {
	return !strings.ContainsFunc(p, func(r rune) bool { return r < ' ' || r == '\\' || r == ':' }) &&
		!slices.ContainsFunc(strings.Split(p, "/"), func(part string) bool { return part == "" || part == "." || part == ".." })
}

// CheckRecipients checks a list whole: each entry, and that nobody is in it twice.
func CheckRecipients(list []Recipient) error {
	var faults []error
	ids, addresses := map[string]bool{}, map[string]string{}
	for i := range list {
		r := &list[i]
		if err := r.Check(); err != nil {
			faults = append(faults, err)
			continue
		}
		if ids[r.ID] {
			faults = append(faults, fmt.Errorf("recipient %s is there twice", r.ID))
			continue
		}
		ids[r.ID] = true
		at := r.Kind + "\n" + r.normal()
		if other, ok := addresses[at]; ok {
			faults = append(faults, fmt.Errorf("recipient %s has the address of recipient %s: name each address once", r.ID, other))
		}
		addresses[at] = r.ID
	}
	return errors.Join(faults...)
}
