package egov

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// LatestVersion returns the version with the highest number of a mapping
// {"<set>": {"mappings": {"v1": …, "v11": …}}}: v11 comes after v3.
func LatestVersion(body []byte) (string, error) {
	var sets map[string]struct {
		Mappings map[string]json.RawMessage `json:"mappings"`
	}
	if err := object(body, &sets); err != nil {
		return "", err
	}
	best, name := -1, ""
	for _, set := range sets {
		for v := range set.Mappings {
			n, err := strconv.Atoi(strings.TrimPrefix(v, "v"))
			if err == nil && strings.HasPrefix(v, "v") && v[1] >= '0' && v[1] <= '9' && n > best {
				best, name = n, v
			}
		}
	}
	if name == "" {
		return "", fmt.Errorf("%w: a mapping without versions", ErrShape)
	}
	return name, nil
}

// TotalCount returns the number of rows that an answer of /api/detailed tells.
func TotalCount(body []byte) (int, error) {
	var d struct {
		TotalCount *json.Number `json:"totalCount"`
	}
	if err := object(body, &d); err != nil {
		return 0, err
	}
	if d.TotalCount == nil {
		return 0, fmt.Errorf("%w: an answer without totalCount", ErrShape)
	}
	n, err := strconv.Atoi(d.TotalCount.String())
	if err != nil || n < 0 {
		return 0, fmt.Errorf("%w: totalCount is no number of rows", ErrShape)
	}
	return n, nil
}

func object(body []byte, to any) error {
	body = bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf")))
	switch {
	case bytes.HasPrefix(body, []byte("<")):
		return ErrHTML
	case !json.Valid(body):
		return ErrJSON
	}
	if err := json.Unmarshal(body, to); err != nil {
		return fmt.Errorf("%w: %w", ErrShape, err)
	}
	return nil
}
