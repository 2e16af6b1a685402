package egov_test

import (
	"errors"
	"testing"

	"github.com/auyl-kz/auyl/ingest/egov"
)

func TestLatestVersionGoesByNumber(t *testing.T) {
	t.Parallel()
	tests := []struct {
		in, want string
		err      error
	}{
		{`{"mal_basy": {"mappings": {"v1": {}, "v3": {"properties": {}}, "v11": {}}}}`, "v11", nil},
		{"\ufeff" + `{"s": {"mappings": {"data": {}, "v-5": {}, "v+7": {}, "v2": {}, "v": {}}}}`, "v2", nil},
		{`{"s": {"mappings": {}}}`, "", egov.ErrShape},
		{`[]`, "", egov.ErrShape},
		{`<html>`, "", egov.ErrHTML},
		{`{"s": `, "", egov.ErrJSON},
	}
	for _, tt := range tests {
		if got, err := egov.LatestVersion([]byte(tt.in)); got != tt.want || !errors.Is(err, tt.err) {
			t.Errorf("LatestVersion(%s) = %q, %v, want %q, %v", tt.in, got, err, tt.want, tt.err)
		}
	}
}

func TestTotalCountOfDetailed(t *testing.T) {
	t.Parallel()
	tests := []struct {
		in   string
		want int
		err  error
	}{
		{`{"totalCount": 10, "data": []}`, 10, nil},
		{`{"totalCount": "10", "data": []}`, 10, nil},
		{`{"data": []}`, 0, egov.ErrShape},
		{`{"totalCount": -1}`, 0, egov.ErrShape},
		{`[]`, 0, egov.ErrShape},
		{`<html>`, 0, egov.ErrHTML},
	}
	for _, tt := range tests {
		if got, err := egov.TotalCount([]byte(tt.in)); got != tt.want || !errors.Is(err, tt.err) {
			t.Errorf("TotalCount(%s) = %d, %v, want %d, %v", tt.in, got, err, tt.want, tt.err)
		}
	}
}

func FuzzFacts(f *testing.F) {
	f.Add([]byte(`{"mal_basy": {"mappings": {"v11": {}}}, "totalCount": 3}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		if v, err := egov.LatestVersion(body); (v == "") != (err != nil) {
			t.Errorf("LatestVersion = %q, %v", v, err)
		}
		if n, err := egov.TotalCount(body); n < 0 || n > 0 && err != nil {
			t.Errorf("TotalCount = %d, %v", n, err)
		}
	})
}
