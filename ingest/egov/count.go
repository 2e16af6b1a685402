package egov

import "github.com/auyl-kz/auyl/internal/jsonwalk"

// CountRows returns the number of rows of a page, for a door that asks page
// after page until one is not full. Errors: those of Decode that refuse a page.
func CountRows(body []byte) (int, error) {
	list, _, err := rows(body)
	if err != nil {
		return 0, err
	}
	n := 0
	for range jsonwalk.Elements(list) {
		n++
	}
	return n, nil
}
