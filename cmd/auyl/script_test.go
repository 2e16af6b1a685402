package main

import (
	"context"
	"flag"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/auyl-kz/auyl/clickhouse/embedded"
)

// TestMain makes the test binary stand for auyl: for the scripts, and for the
// engine's child, which is the same program again.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == embedded.ChildArg {
		os.Exit(embedded.ChildMain(os.Stdin, os.Stdout, os.Stderr))
	}
	if os.Getenv(asProgram) != "" {
		beProgram()
	}
	testscript.Main(m, map[string]func(){"auyl": beProgram})
}

// asProgram names the variable under which the test binary is auyl.
const asProgram = "AUYL_TEST_AS_PROGRAM"

// beProgram does what main does.
func beProgram() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], streams{in: os.Stdin, out: os.Stdout, err: os.Stderr, env: os.LookupEnv, prog: os.Args[0]})
	stop()
	os.Exit(code) //nolint:revive // it stands for main
}

var update = flag.Bool("update", false, "rewrite the expected output in the scripts")

// TestScripts runs the program as a user would: testdata/script/*.txtar.
func TestScripts(t *testing.T) {
	t.Parallel()
	scripts(t, "testdata/script", "")
}

// scripts runs those of a folder, over a data folder that is there or over one each.
func scripts(t *testing.T, dir, data string) {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	engine, err := embedded.Locate(embedded.LocateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 dir,
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Condition: func(cond string) (bool, error) {
			return cond == "long" && !testing.Short(), nil
		},
		Setup: func(e *testscript.Env) error {
			folder := data
			if folder == "" {
				folder = filepath.Join(e.WorkDir, "data")
			}
			e.Vars = append(e.Vars,
				"AUYL_CLICKHOUSE="+engine.Path,
				"AUYL_CLICKHOUSE_LISTEN=127.0.0.1:0",
				"AUYL_DATA="+folder,
				"AUYL_CONFIG="+filepath.Join(root, "examples", "almaty", "auyl.yaml"),
				"EXAMPLE="+filepath.Join(root, "examples", "almaty"),
				"SCHEMAS="+filepath.Join(root, "schemas"),
				"HOME="+e.WorkDir)
			return nil
		},
	})
}
