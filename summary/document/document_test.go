package document_test

import (
	"testing"

	"github.com/auyl-kz/auyl/summary/document"
)

func TestContentsKeepTheOrderAndPutTheAnnexBehind(t *testing.T) {
	d := document.Document{Sections: []document.Section{{ID: "a"}, {ID: "x", Annex: true}, {ID: "b"}}}
	front, annex := d.Contents()
	if len(front) != 2 || front[0].ID != "a" || front[1].ID != "b" || len(annex) != 1 || annex[0].ID != "x" {
		t.Fatalf("front %v, annex %v", front, annex)
	}
}
