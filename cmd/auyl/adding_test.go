package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// pageStep is a block of a page: commands, or text for a file that the paragraph
// before it names.
type pageStep struct {
	before string // the paragraph before it, on one line
	fence  string // language of a fenced block; "" of commands
	text   string
}

// stepsOf takes the blocks of a page of Markdown apart.
func stepsOf(page string) (steps []pageStep) {
	var before, block []string
	fence, in := "", false
	end := func() {
		if len(block) > 0 {
			steps = append(steps, pageStep{strings.Join(before, " "), fence, strings.Join(block, "\n") + "\n"})
			before = nil
		}
		block, fence, in = nil, "", false
	}
	for line := range strings.SplitSeq(page, "\n") {
		code, indented := strings.CutPrefix(line, "    ")
		switch {
		case in && line == "```":
			end()
		case in:
			block = append(block, line)
		case strings.HasPrefix(line, "```"):
			end()
			fence, in = strings.TrimPrefix(line, "```"), true
		case indented:
			block = append(block, code)
		default:
			end()
			if line == "" {
				continue
			}
			if strings.HasPrefix(line, "**") { // a step begins
				before = nil
			}
			before = append(before, line)
		}
	}
	end()
	return steps
}

// TestAddingASourceWordForWord does what docs/sources/adding-a-source.md says, in
// its order, with the files that it shows, in a folder of its own instead of /tmp/try
// and with the program that is tested instead of bin/auyl.
func TestAddingASourceWordForWord(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("runs the pipeline")
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join(root, "docs", "sources", "adding-a-source.md"))
	if err != nil {
		t.Fatal(err)
	}
	p := build(t)
	dir := filepath.Join(t.TempDir(), "try")
	here := strings.NewReplacer("bin/auyl", p.bin, "/tmp/try", dir)
	file := regexp.MustCompile("`(/tmp/try/[^`]+\\.yaml)`")
	said := map[string]string{} // by the first words of a step
	do := func(before, script string) {
		c := exec.CommandContext(t.Context(), "sh", "-ec", here.Replace(script))
		c.Dir, c.Env = root, p.env
		var out bytes.Buffer
		c.Stdout, c.Stderr = &out, &out
		err := c.Run()
		if fails := strings.Contains(before, "the exit code is 1"); fails != (err != nil) || err != nil && c.ProcessState.ExitCode() != 1 {
			t.Fatalf("%s\n%s%v\n%s", before, script, err, &out)
		}
		step := regexp.MustCompile(`^\*\*(\d)\.`).FindStringSubmatch(before)
		if step != nil {
			said[step[1]] += out.String()
		}
	}
	for _, s := range stepsOf(string(page)) {
		if s.fence == "" {
			do(s.before, s.text)
			continue
		}
		m := file.FindStringSubmatch(s.before)
		if m == nil {
			t.Fatalf("a block of %s, and no file is named before it: %s", s.fence, s.before)
		}
		how := os.O_CREATE | os.O_EXCL
		if strings.Contains(s.before, "at the end of") {
			how = os.O_APPEND
		}
		f, err := os.OpenFile(here.Replace(m[1]), os.O_WRONLY|how, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.WriteString(s.text); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for _, m := range regexp.MustCompile("(?s)`(bin/auyl dead replay [^`]+)`").FindAllStringSubmatch(string(page), -1) {
		do("**9.", strings.ReplaceAll(m[1], "\n", " "))
	}

	for _, want := range []struct{ step, text string }{
		{"1", "phone: {type: text, personal: drop}"},
		{"5", "street_lights"},
		{"5", "3 record(s) in = 1 used + 0 skipped + 2 dead"},
		{"5", "not_a_number"},
		{"5", "unknown_area"},
		{"6", "195259100"},
		{"6", "1204"},
		{"6", "Шамалган"},
		{"7", "not_a_number"},
		{"7", "mio.street_lights"},
		{"9", "mio.street_lights"},
	} {
		if !strings.Contains(said[want.step], want.text) {
			t.Errorf("step %s does not say %q:\n%s", want.step, want.text, said[want.step])
		}
	}
	if strings.Contains(said["5"]+said["6"]+said["7"], "87010000000") {
		t.Error("the telephone of the file came out")
	}
}
