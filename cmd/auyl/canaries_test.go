package main

import (
	"archive/zip"
	"bytes"
	"io"
	"os"
	"regexp"
	"strings"
	"testing"
)

// planted are the persons that simulate makes and that pagesOfPersons adds: numbers,
// telephones, names, mail addresses, cards and accounts of nobody.
func planted() map[string]*regexp.Regexp {
	return map[string]*regexp.Regexp{
		"number":    regexp.MustCompile(`991231 ?[56]\d{5}`),
		"telephone": regexp.MustCompile(`\+7 ?\(?000\)? ?\d{3}|%2B7%20%28000|8-000-\d{3}`),
		"name":      regexp.MustCompile(`Канарейкин|%D0%9A%D0%B0%D0%BD%D0%B0%D1%80%D0%B5%D0%B9|0JrQsNC90LDRgNC10LnQutC40L3`), // as base64, too
		"mail":      regexp.MustCompile(`canary\.\d+@|@example\.invalid`),
		"card":      regexp.MustCompile(`0000 0000 \d{4} \d{4}`),
		"account":   regexp.MustCompile(`KZ00 ?ZZZ0`),
	}
}

// personIn returns which of the planted stands in b, "" for none.
func personIn(b []byte) string {
	for kind, x := range planted() {
		if at := x.FindIndex(b); at != nil {
			return kind + " …" + string(b[max(0, at[0]-40):min(len(b), at[1]+20)]) + "…"
		}
	}
	return ""
}

// pagesOfPersons puts files into a folder that are refused in every way there is,
// each with all that is planted in it.
func pagesOfPersons(t *testing.T, dir string) (names []string) {
	t.Helper()
	const all = `991231500003;+7 (000) 000-00-01;Канарейкина Проба;canary.7@example.invalid;0000 0000 0012 3456;KZ00ZZZ0000000123456`
	const header = "Номер обращения;КАТО;Тема;Код темы;Дата регистрации;Срок;Дата закрытия;Состояние на;Статус;Продлено;Повторное;Язык;ФИО заявителя;ИИН;Телефон;Текст обращения\n"
	for name, text := range map[string]string{
		"nobody.knows@1.csv":            "a;b;c;d;e;f\n" + all + "\n",
		"eotinish.appeals@html-rev.csv": "<html><title>" + all + "</title></html>",
		"eotinish.appeals@names-rev.csv": strings.Replace(header, "ФИО заявителя", "Канарейкина Проба", 1) +
			"ө-1;195253000;Вода;infra.water;07.09.2026;28.09.2026;;05.10.2026;в работе;нет;нет;ru;" + strings.ReplaceAll(all, ";", ",") + "\n",
		"eotinish.appeals@rows-rev.csv": header +
			"ө-2;Канарейкина Проба;+7 (000) 000-00-01;infra.water;07.09.2026;28.09.2026;;05.10.2026;в работе;нет;нет;ru;;;;\n" + // shifted
			"ө-3;195253000;Вода;canary.7@example.invalid;KZ00ZZZ0000000123456;0000 0000 0012 3456;;991231500003;Канарейкина Проба;нет;нет;ru;;;;\n" +
			"991231500006;195253000;Вода;infra.water;07.09.2026;28.09.2026;;05.10.2026;в работе;нет;нет;ru;;;;\n" +
			all + "\n\"" + all + "\n",
	} {
		put(t, dir, name, text)
		names = append(names, name)
	}
	return names
}

// holdNoPerson looks for what is planted, in what was packed too.
func holdNoPerson(t *testing.T, where string, b []byte) {
	t.Helper()
	if found := personIn(b); found != "" {
		t.Errorf("%s holds a %s", where, found)
	}
	if !bytes.HasPrefix(b, []byte("PK\x03\x04")) {
		return
	}
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return // begins alike
	}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		inner, err := io.ReadAll(r)
		if err := r.Close(); err != nil {
			t.Error(err)
		}
		if err != nil {
			t.Fatal(err)
		}
		holdNoPerson(t, where+" "+f.Name, inner)
	}
}

// said runs a command and gives all that it writes, to either side.
func (p *program) said(t *testing.T, args ...string) []byte {
	t.Helper()
	c := p.cmd(t, args...)
	c.Env = append(c.Env, "AUYL_LOG=debug")
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("auyl %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

// holdNothingSaid looks through every table there is (the views show them), and what the commands say of
// dead letters, pages and sources, and an export.
func (p *program) holdNothingSaid(t *testing.T) {
	t.Helper()
	_, list, _ := strings.Cut(p.must(t, "query", "--format", "csv", "SELECT name FROM system.tables WHERE database = 'auyl' AND engine NOT LIKE '%View' ORDER BY name"), "\n")
	tables := strings.Fields(strings.ReplaceAll(list, `"`, ""))
	if len(tables) < 6 {
		t.Errorf("tables = %q, want all", tables)
	}
	for _, table := range tables {
		holdNoPerson(t, "table "+table, p.said(t, "query", "--format", "csv", "SELECT * FROM auyl."+table))
	}
	for _, args := range [][]string{{"dead", "ls", "--all", "--limit", "0"}, {"dead", "show", "1"}, {"dead", "replay"}, {"raw", "ls", "--limit", "0"}, {"status", "--format", "json"}} {
		holdNoPerson(t, strings.Join(args, " "), p.said(t, args...))
	}
	dir := t.TempDir() + "/package"
	p.said(t, "export", dir)
	files, err := os.ReadDir(dir)
	if err != nil || len(files) == 0 {
		t.Fatalf("export: %d files, %v", len(files), err)
	}
	eachFile(t, dir, func(path string, b []byte) { holdNoPerson(t, path, b) })
}
