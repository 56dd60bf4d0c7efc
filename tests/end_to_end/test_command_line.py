"""Help, versions, wrong usage, settings from three places."""
import re


def test_help_lists_every_group_and_an_example_each(inferometer):
    done = inferometer("help")
    assert done.returncode == 0 and done.stderr == ""
    for words in ("Run and record:", "Ask:", "Keep:", "Set up:", "inferometer device --generate 50", "inferometer analyze", "inferometer verify metrics"):
        assert words in done.stdout
    assert inferometer("--help").stdout == done.stdout


def test_help_of_a_subcommand_ends_with_an_example(inferometer):
    done = inferometer("help", "device")
    assert done.returncode == 0 and "--interval" in done.stdout and "Example: inferometer device" in done.stdout
    assert inferometer("help", "nonsense").returncode == 2


def test_version_names_commit_engine_and_schema(inferometer):
    done = inferometer("--version")
    assert done.returncode == 0
    assert re.fullmatch(r"inferometer \d+\.\d+\.\d+ \(commit [0-9a-f]{10}, llama\.cpp \S+, record schema 1\)\n", done.stdout)


def test_wrong_usage_exits_with_2(inferometer):
    for arguments in ([], ["nonsense"], ["device", "--nonsense"], ["device", "--interval", "0"], ["device", "--interval", "x"],
                      ["device", "--generate", "5", "--device-id", "../x"], ["device", "--generate", "5", "--device-name", "a/b"],
                      ["device", "--generate", "1", "--replay", "x.csv"], ["device", "--generate", "5", "--board", "cray"],
                      ["device", "--generate", "-3"], ["device", "--generate", "many"], ["device", "--messages", "0"], ["device", "--generate", "5", "--seed", "-1"],
                      ["device", "--generate", "5", "--device-id", "abc", "--broker", "mqtt://hub.local"],
                      ["simulate"], ["simulate", "--device-id", "a", "--broker", "localhost", "--generate", "-1"],
                      ["verify"], ["verify", "metrics", "--format", "csv"], ["verify", "metrics", "more"]):
        done = inferometer(*arguments)
        assert done.returncode == 2, (arguments, done.returncode, done.stderr)
        assert done.stdout == "" and done.stderr != "" and len(max(done.stderr.splitlines(), key=len)) < 200, arguments


def test_what_cannot_be_done_exits_with_1_and_names_it(inferometer, tmp_path):
    (tmp_path / "bad.txt").write_text("{nonsense}")
    (tmp_path / "bad.csv").write_text("a,b\n1,2\n")
    (tmp_path / "fake.gguf").write_text("not a model")
    for arguments, words in ((["--model", "none.gguf"], "none.gguf"), (["--model", "fake.gguf"], "not a GGUF"),
                             (["--model", "."], "is a folder"), (["--prompt", "bad.txt"], "nonsense"),
                             (["--prompt", "none.txt"], "none.txt"), (["--replay", "none.csv"], "none.csv"),
                             (["--replay", "bad.csv"], "bad.csv")):
        source = [] if "--replay" in arguments else ["--generate", "5"]
        done = inferometer("device", "--device-id", "abc", *source, *arguments)
        assert done.returncode in (1, 2) and words in done.stderr, (arguments, done.stderr)


def test_command_line_beats_environment_beats_file(inferometer, tmp_path):
    (tmp_path / "settings.toml").write_text('log-level = "info"\n[device]\ninterval = 7\nenable_llm = false\n"device-id" = "abc"\n')

    done = inferometer("device", "--config", "settings.toml", "--generate", "3")
    assert done.returncode == 0 and "3 messages, 0 inferences" in done.stderr, done.stderr
    done = inferometer("device", "--generate", "3", environment={"INFEROMETER_CONFIG": "settings.toml", "INFEROMETER_MESSAGES": "2"})
    assert "2 messages" in done.stderr, done.stderr
    done = inferometer("device", "--generate", "3", "--messages", "1",
                       environment={"INFEROMETER_CONFIG": "settings.toml", "INFEROMETER_MESSAGES": "2"})
    assert "1 messages" in done.stderr, done.stderr


def test_bad_settings_file_is_named_with_its_line(inferometer, tmp_path):
    for text, words in (("[device]\n\nnonsense = 1\n", "bad.toml:3"), ("[device]\ninterval = 0\n", "bad.toml:2"),
                        ("[device\n", "bad.toml:1"), ("[nonsense]\n", "nonsense"), ("[device]\ninterval = [1]\n", "interval")):
        (tmp_path / "bad.toml").write_text(text)
        done = inferometer("device", "--config", "bad.toml", "--generate", "1")
        assert done.returncode == 2 and words in done.stderr, (text, done.stderr)
    assert inferometer("device", "--config", "none.toml").returncode == 2


def test_a_lake_that_is_named_and_is_not_there_is_an_error_of_every_command_that_reads_one(inferometer, tmp_path):
    (tmp_path / "metrics").mkdir()
    for arguments in (["analyze"], ["compare", "threads=1", "threads=2"], ["query", "SELECT 1"], ["export", "--to", "out.csv"],
                      ["clean", "--older-than", "1d"], ["archive", "--tar", "out.tar"]):
        done = inferometer(*arguments, "--lake", "missing")
        assert done.returncode == 1 and "--lake missing: no such folder; name the one that" in done.stderr, (arguments, done.stderr)
        assert done.stdout == "" and [path.name for path in tmp_path.iterdir()] == ["metrics"], arguments
