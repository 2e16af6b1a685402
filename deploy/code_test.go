package deploy_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// files parses the Go files of a folder, tests apart.
func files(t *testing.T, dir string) []*ast.File {
	t.Helper()
	pkgs, err := parser.ParseDir(token.NewFileSet(), dir, func(f fs.FileInfo) bool { return !strings.HasSuffix(f.Name(), "_test.go") }, 0) //nolint:staticcheck // build tags play no part here
	if err != nil {
		t.Fatal(err)
	}
	var out []*ast.File
	for _, p := range pkgs {
		for _, f := range p.Files {
			out = append(out, f)
		}
	}
	if len(out) == 0 {
		t.Fatalf("%s: no Go files", dir)
	}
	return out
}

// literals collects the names of environment variables in the folders: string
// literals, and the env tags of flags.
func literals(t *testing.T, dirs ...string) map[string]bool {
	t.Helper()
	name := regexp.MustCompile(`^AUYL_[A-Z_]+$`)
	out := map[string]bool{}
	for _, dir := range dirs {
		for _, f := range files(t, dir) {
			ast.Inspect(f, func(n ast.Node) bool {
				l, ok := n.(*ast.BasicLit)
				if !ok || l.Kind != token.STRING {
					return true
				}
				s, err := strconv.Unquote(l.Value)
				if err != nil {
					return true
				}
				for _, s := range []string{s, reflect.StructTag(s).Get("env")} {
					if name.MatchString(s) {
						out[s] = true
					}
				}
				return true
			})
		}
	}
	return out
}

// commands maps each command of the program to its flags, as kong names them.
func commands(t *testing.T) map[string][]string {
	t.Helper()
	structs := map[string]*ast.StructType{}
	for _, f := range files(t, "../cmd/auyl") {
		ast.Inspect(f, func(n ast.Node) bool {
			if s, ok := n.(*ast.TypeSpec); ok {
				if st, ok := s.Type.(*ast.StructType); ok {
					structs[s.Name.Name] = st
				}
			}
			return true
		})
	}
	root := structs["cli"]
	if root == nil {
		t.Fatal("cmd/auyl has no struct cli")
	}
	out := map[string][]string{}
	for _, f := range root.Fields.List {
		tag := tagOf(f)
		if _, ok := tag.Lookup("cmd"); !ok {
			continue
		}
		typ, ok := f.Type.(*ast.Ident)
		if !ok {
			t.Fatalf("command %s is not of a named type", f.Names[0])
		}
		out[nameOf(f, tag)] = flags(structs, typ.Name)
	}
	if len(out) == 0 {
		t.Fatal("cmd/auyl has no commands")
	}
	return out
}

// flags lists the flags of a struct and of those that it embeds.
func flags(structs map[string]*ast.StructType, name string) []string {
	var out []string
	if structs[name] == nil {
		return nil
	}
	for _, f := range structs[name].Fields.List {
		if len(f.Names) == 0 {
			if typ, ok := f.Type.(*ast.Ident); ok {
				out = append(out, flags(structs, typ.Name)...)
			}
			continue
		}
		out = append(out, nameOf(f, tagOf(f)))
	}
	return out
}

func tagOf(f *ast.Field) reflect.StructTag {
	if f.Tag == nil {
		return ""
	}
	s, err := strconv.Unquote(f.Tag.Value)
	if err != nil {
		return ""
	}
	return reflect.StructTag(s)
}

var inner = regexp.MustCompile(`([a-z0-9])([A-Z])`)

func nameOf(f *ast.Field, tag reflect.StructTag) string {
	if n := tag.Get("name"); n != "" {
		return n
	}
	return strings.ToLower(inner.ReplaceAllString(f.Names[0].Name, "$1-$2"))
}

// checkCommand checks the arguments of auyl as they stand in a file.
func checkCommand(t *testing.T, cmds map[string][]string, where string, args []string) {
	t.Helper()
	if len(args) == 0 {
		t.Errorf("%s: no command", where)
		return
	}
	known, ok := cmds[args[0]]
	if !ok {
		t.Errorf("%s: auyl has no command %q", where, args[0])
	}
	for _, a := range args[1:] {
		name, isFlag := strings.CutPrefix(a, "--")
		name, _, _ = strings.Cut(name, "=")
		if isFlag && !strings.Contains(" "+strings.Join(known, " ")+" ", " "+name+" ") {
			t.Errorf("%s: auyl %s has no flag --%s", where, args[0], name)
		}
	}
}
