package ingest

import (
	"bytes"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"regexp"
	"strings"
)

// errWebPage says that a page for people came where data were asked for: a login,
// an error or a captcha. It may be gone at the next try.
var errWebPage = errors.New("a page of HTML instead of data")

// dataNotHTML refuses an answer that is a web page: no format of ours begins so.
func dataNotHTML(body []byte) error {
	if looksHTML(body) {
		return errWebPage
	}
	return nil
}

func looksHTML(body []byte) bool {
	return bytes.HasPrefix(bytes.TrimLeft(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf")), " \t\r\n"), []byte("<"))
}

// maxRefusalBytes is how much is read of an answer that is none, for what it says.
const maxRefusalBytes = 64 << 10

var (
	pageTitle = regexp.MustCompile(`(?is)<title[^>]*>(.*?)</title>`)
	// askedTooOften is how hosts say 429 under another status, in their languages.
	askedTooOften = regexp.MustCompile(`(?i)too many requests|rate limit|retry (after|later)|quota exceeded|слишком много запросов|превышен[а-я]* (лимит|количество|число)|повторите (запрос |попытку )?(позже|через)|кейінірек қайталаңыз|сұраулар саны асып кетті`)
)

// refusal is an answer other than 200: what its status and the title of its page
// say, and whether it says with another status than 429 that it was asked too often.
func refusal(resp *http.Response) (err *statusError, tooOften bool) {
	err = &statusError{code: resp.StatusCode, text: resp.Status}
	body, readErr := io.ReadAll(io.LimitReader(resp.Body, maxRefusalBytes))
	if readErr != nil && len(body) == 0 {
		return err, resp.Header.Get("Retry-After") != ""
	}
	if m := pageTitle.FindSubmatch(body); m != nil {
		// Who wrote that page is not known, nor what it repeats of our request.
		if title := mask(clip(strings.Join(strings.Fields(html.UnescapeString(string(m[1]))), " "), 200)); title != "" {
			err.text += fmt.Sprintf(", titled %q", title)
		}
	}
	return err, resp.Header.Get("Retry-After") != "" || askedTooOften.Match(body)
}
