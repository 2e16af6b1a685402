package schemas_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/auyl-kz/auyl/schemas"
)

const requestContract = `id: x.requests
version: 1
title: {ru: а, kk: а, en: a}
license: none
origin: real
rank: official
format: csv
area: {field: kato, by: code}
fields:
  no: {type: text, required: true}
  kato: {type: text, required: true}
  filed: {type: instant, required: true}
  decided: {type: instant}
  status: {type: text}
  amount: {type: number}
  iin: {type: text, personal: drop, required: true}
event:
  kind: request
  id: no
  occurred_at: decided
  else_at: filed
  reported_at: decided
  attributes:
    - {name: approved, field: status, in: [approved]}
    - {name: days, from: filed, to: decided, times: 0.0000115741, max: 400}
    - {name: amount, field: amount}
`

func TestFaultsOfAttributesNameTheirPlace(t *testing.T) {
	t.Parallel()
	cat, err := schemas.LoadCatalogue(schemas.FS)
	if err != nil {
		t.Fatal(err)
	}
	load := func(text string) error {
		_, err := schemas.LoadContracts(fstest.MapFS{"contracts/x.requests.yaml": {Data: []byte(text)}}, cat)
		return err
	}
	if err := load(requestContract); err != nil {
		t.Fatalf("a good contract is refused: %v", err)
	}
	for _, tt := range []struct{ name, old, replacement, want string }{
		{"words of a number", "field: status, in", "field: amount, in", `field "amount" has type number, want text`},
		{"a text as a number", "{name: amount, field: amount}", "{name: amount, field: status}", `field "status" has type text, want number`},
		{"words of an interval", "times: 0.0000115741", "in: [a]", "attribute days is either"},
		{"a largest interval of a number", "field: amount}", "field: amount, max: 3}", "attribute amount is either"},
		{"a factor of words", "in: [approved]", "in: [approved], times: 2", "attribute approved is either"},
		{"a stand-in that is no instant", "else_at: filed", "else_at: status", `field "status" has type text, want instant`},
		{"a stand-in that is not there", "else_at: filed", "else_at: files", `did you mean "filed"?`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if err := load(strings.Replace(requestContract, tt.old, tt.replacement, 1)); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("LoadContracts = %v, want %q", err, tt.want)
			}
		})
	}
}
