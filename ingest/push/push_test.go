package push_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/auyl-kz/auyl/ingest/push"
)

// kept stores deliveries in memory.
type kept struct {
	got  []push.Delivery
	fail error
}

func (k *kept) Push(_ context.Context, d push.Delivery) (push.Receipt, error) {
	if k.fail != nil {
		return push.Receipt{}, k.fail
	}
	k.got = append(k.got, d)
	return push.Receipt{Run: d.Source + "/1", Status: "ok"}, nil
}

const (
	secret = "0123456789abcdef-secret"
	nonce  = "nonce-0123456789"
)

var now = time.Unix(1_795_000_000, 0) // fixed, so that signatures are the same each time

func door(t *testing.T, k *kept) *push.Door {
	t.Helper()
	d, err := push.New(map[string][]byte{"bns.sme": []byte(secret), "moh.calls": []byte("another-secret-0123456789")}, k, push.Options{MaxBytes: 64, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func signed(body string, at time.Time) map[string]string {
	return push.Sign([]byte(secret), "bns.sme", "bns.sme@2026-10.csv", nonce, at, []byte(body))
}

func TestOnlyWhatIsSignedAsSentIsTaken(t *testing.T) {
	t.Parallel()
	with := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	tests := []struct {
		name   string
		body   string
		signed map[string]string
		change func(*http.Request)
		want   int
	}{
		{"as sent", "page", signed("page", now), nil, 202},
		{"a clock four minutes off", "page", signed("page", now.Add(4*time.Minute)), nil, 202},
		{"other body", "pagE", signed("page", now), nil, 401},
		{"other name", "page", signed("page", now), with(push.HeaderName, "other"), 401},
		{"other nonce", "page", signed("page", now), with(push.HeaderNonce, "nonce-9876543210"), 401},
		{"other time", "page", signed("page", now), with(push.HeaderTimestamp, strconv.FormatInt(now.Unix()+1, 10)), 401},
		{"other source", "page", signed("page", now), func(r *http.Request) { r.URL.Path = "/push/moh.calls" }, 401},
		{"unknown source", "page", push.Sign([]byte(secret), "no.body", "n", nonce, now, []byte("page")), func(r *http.Request) { r.URL.Path = "/push/no.body" }, 401},
		{"other secret", "page", push.Sign([]byte("fedcba9876543210"), "bns.sme", "n", nonce, now, []byte("page")), nil, 401},
		{"too old", "page", signed("page", now.Add(-6*time.Minute)), nil, 401},
		{"of the future", "page", signed("page", now.Add(6*time.Minute)), nil, 401},
		{"no signature", "page", signed("page", now), with(push.HeaderSignature, ""), 401},
		{"half a signature", "page", signed("page", now), with(push.HeaderSignature, "v1=00ff"), 401},
		{"other version", "page", signed("page", now), with(push.HeaderSignature, strings.Replace(signed("page", now)[push.HeaderSignature], "v1", "v2", 1)), 401},
		{"a line in the name", "page", push.Sign([]byte(secret), "bns.sme", "a/../b", nonce, now, []byte("page")), nil, 401},
		{"empty", "", signed("", now), nil, 400},
		{"too large", strings.Repeat("x", 65), signed(strings.Repeat("x", 65), now), nil, 413},
		{"too large, length unsaid", strings.Repeat("x", 65), signed(strings.Repeat("x", 65), now), func(r *http.Request) { r.ContentLength = -1 }, 413},
		{"compressed", "page", signed("page", now), with("Content-Encoding", "gzip"), 415},
		{"GET", "page", signed("page", now), func(r *http.Request) { r.Method = http.MethodGet }, 405},
		{"elsewhere", "page", signed("page", now), func(r *http.Request) { r.URL.Path = "/" }, 404},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var k kept
			r := httptest.NewRequest(http.MethodPost, "/push/bns.sme", io.NopCloser(strings.NewReader(tt.body)))
			r.ContentLength = int64(len(tt.body))
			for name, v := range tt.signed {
				r.Header.Set(name, v)
			}
			if tt.change != nil {
				tt.change(r)
			}
			w := httptest.NewRecorder()
			door(t, &k).ServeHTTP(w, r)
			if w.Code != tt.want || (len(k.got) == 1) != (tt.want == 202) {
				t.Errorf("answer %d %s, %d stored, want %d", w.Code, w.Body, len(k.got), tt.want)
			}
			var a push.Answer
			if err := json.Unmarshal(w.Body.Bytes(), &a); err != nil || a.Code != tt.want {
				t.Errorf("body %s, %v, want the code in JSON", w.Body, err)
			}
		})
	}
}

func TestWhatTheStoreSaysIsAnswered(t *testing.T) {
	t.Parallel()
	for err, want := range map[error]int{push.ErrReplay: 409, push.ErrBusy: 429, errors.New("disk is full of 991231500003"): 503} {
		k := kept{fail: err}
		a := door(t, &k).Message(t.Context(), "push.bns.sme", signed("page", now), []byte("page"))
		if a.Code != want || strings.Contains(string(a.JSON()), "disk") {
			t.Errorf("store says %v: answer %s, want %d and nothing of our inside", err, a.JSON(), want)
		}
	}
}

func TestOverNATSTheSameIsTaken(t *testing.T) {
	t.Parallel()
	var k kept
	d := door(t, &k)
	if a := d.Message(t.Context(), "push.bns.sme", signed("page", now), []byte("page")); a.Code != 202 || a.Run != "bns.sme/1" {
		t.Errorf("answer %s, want 202", a.JSON())
	}
	want := push.Delivery{Source: "bns.sme", Name: "bns.sme@2026-10.csv", Nonce: nonce, Until: now.Add(5 * time.Minute)}
	if got := k.got[0]; string(got.Body) != "page" || got.Source != want.Source || got.Name != want.Name || got.Nonce != want.Nonce || !got.Until.Equal(want.Until) {
		t.Errorf("delivery = %+v, want %+v", got, want)
	}
	for subject, want := range map[string]int{"push.moh.calls": 401, "raw.bns.sme": 404} {
		if a := d.Message(t.Context(), subject, signed("page", now), []byte("page")); a.Code != want {
			t.Errorf("%s: answer %s, want %d", subject, a.JSON(), want)
		}
	}
	large := strings.Repeat("x", 65)
	if a := d.Message(t.Context(), "push.bns.sme", signed(large, now), []byte(large)); a.Code != 413 {
		t.Errorf("65 bytes: answer %s, want 413", a.JSON())
	}
}

func TestAWeakSecretIsRefused(t *testing.T) {
	t.Parallel()
	_, err := push.New(map[string][]byte{"a.b": []byte("hunter2")}, &kept{}, push.Options{})
	if err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("New = %v, want a refusal without the secret", err)
	}
}

func FuzzHeaders(f *testing.F) {
	h := signed("page", now)
	f.Add("bns.sme", h[push.HeaderTimestamp], h[push.HeaderNonce], h[push.HeaderName], "v1=00", []byte("page"))
	f.Fuzz(func(t *testing.T, source, at, nonce, name, sum string, body []byte) {
		var k kept
		a := door(t, &k).Message(t.Context(), "push."+source, map[string]string{
			push.HeaderTimestamp: at, push.HeaderNonce: nonce, push.HeaderName: name, push.HeaderSignature: sum,
		}, body)
		if a.Code == 202 || len(k.got) > 0 {
			t.Errorf("taken without the secret: %s", a.JSON())
		}
	})
}
