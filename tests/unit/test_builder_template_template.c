#include "builder/template/template.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/base.h"
#include "base/jsonio.h"

static const char document[] =
        "{\"Id\":\"sha256:0123456789abcdef\",\"Size\":1234,\"Ratio\":0.5,\"Yes\":true,"
        "\"No\":false,\"Empty\":\"\",\"Nothing\":null,\"None\":[],"
        "\"Repository\":\"app\",\"Tag\":\"1\","
        "\"Config\":{\"Env\":[\"PATH=/bin\",\"A=<b>\"],\"Labels\":{\"z\":\"26\","
        "\"org.a/b\":\"1 2\"},\"Cmd\":[\"sh\",\"-c\"]},"
        "\"RepoDigests\":[\"app@sha256:00\"],\"RootFS\":{\"Layers\":[\"l1\",\"l2\"]},"
        "\"Matrix\":[[1,2],[3]]}";

static const char *const maps[] = { "Labels", NULL };

static const struct {
	const char *template, *want;
} good[] = {
	{ "", "" },
	{ "a } b {", "a } b {" },
	{ "{{.Id}}", "sha256:0123456789abcdef" },
	{ "{{ .Repository }}:{{.Tag}}", "app:1" },
	{ "{{.ID}} {{.repository}}", "sha256:0123456789abcdef app" },
	{ "{{.Size}} {{.Ratio}} {{.Yes}} {{.No}}", "1234 0.5 true false" },
	{ "{{.Config.Env}}", "[PATH=/bin A=<b>]" },
	{ "{{.Config.Labels}}", "map[org.a/b:1 2 z:26]" },
	{ "{{json .Config.Env}}", "[\"PATH=/bin\",\"A=<b>\"]" },
	{ "{{json .Config.Cmd}}{{json .Nothing}}", "[\"sh\",\"-c\"]null" },
	{ "{{.Config.Cmd|json}}", "[\"sh\",\"-c\"]" },
	{ "{{.None}}{{.Nothing}}", "[][]" },
	{ "{{index .RepoDigests 0}}", "app@sha256:00" },
	{ "{{index .Config.Labels \"org.a/b\"}}", "1 2" },
	{ "{{index .Config.Labels \"none\"}}.", "." },
	{ "{{index .Nothing \"none\"}}.", "." },
	{ "{{.Config.Labels.z}}", "26" },
	{ "{{.Config.Labels.none}}", "<no value>" },
	{ "{{index .Matrix 0 1}}", "2" },
	{ "{{(index .Matrix 1)}}", "[3]" },
	{ "{{len .RootFS.Layers}}{{len .Id}}{{len .Nothing}}{{len .Config.Labels}}",
	  "22302" },
	{ "{{range .Config.Env}}{{.}};{{end}}", "PATH=/bin;A=<b>;" },
	{ "{{range $i, $e := .RootFS.Layers}}{{$i}}={{$e}} {{end}}", "0=l1 1=l2 " },
	{ "{{range $k, $v := .Config.Labels}}{{$k}}={{$v}},{{end}}",
	  "org.a/b=1 2,z=26," },
	{ "{{range $e := .RootFS.Layers}}{{$e}}{{$.Tag}}{{end}}", "l11l21" },
	{ "{{range .None}}x{{else}}none{{end}}", "none" },
	{ "{{range .Nothing}}x{{end}}", "" },
	{ "{{range .Matrix}}{{range .}}{{.}}{{end}},{{end}}", "12,3," },
	{ "{{if .Yes}}a{{end}}{{if .No}}b{{else}}c{{end}}", "ac" },
	{ "{{if .No}}a{{else if .Yes}}b{{else}}c{{end}}d", "bd" },
	{ "{{if .Empty}}a{{else if .None}}b{{else if .Nothing}}x{{else}}c{{end}}", "c" },
	{ "{{with .Config}}{{index .Cmd 0}}{{end}}", "sh" },
	{ "{{with $c := .Config}}{{$c.Cmd}}{{end}}", "[sh -c]" },
	{ "{{with .Nothing}}x{{else}}y{{end}}", "y" },
	{ "{{$x := .Tag}}{{$x}}{{$x = .Id}}{{$x | len}}", "123" },
	{ "{{$x := 1}}{{if .Yes}}{{$x = 2}}{{end}}{{$x}}", "2" },
	{ "{{$x := 1}}{{if .Yes}}{{$x := 2}}{{$x}}{{end}}{{$x}}", "21" },
	{ "{{upper .Repository}} {{\"A b\" | lower}} {{title \"ab cd\"}}",
	  "APP a b Ab Cd" },
	{ "{{join .RootFS.Layers \", \"}}", "l1, l2" },
	{ "{{split \"a:b:c\" \":\"}}{{index (split .Id \":\") 0}}", "[a b c]sha256" },
	{ "{{join (split \"\" \",\") \"x\"}}.", "." },
	{ "{{truncate .Id 9}}{{truncate \"a\" 9}}", "sha256:01a" },
	{ "{{pad \"x\" 1 2}}|", " x  |" },
	{ "{{slice .Id 7 19}}", "0123456789ab" },
	{ "{{slice .RootFS.Layers 1}}", "[l2]" },
	{ "{{printf \"%s-%05d|%-4s|%4s|%q|%v|%x|%%\" .Tag 42 \"a\" \"b\" \"c\\\"\" .None "
	  "255}}",
	  "1-00042|a   |   b|\"c\\\"\"|[]|ff|%" },
	{ "{{printf \"%.3s\" .Id}}{{printf \"%.1f\" .Ratio}}{{printf \"%t\" .Yes}}",
	  "sha0.5true" },
	{ "{{.Tag | printf \"%s-%s\" \"v\"}}", "v-1" },
	{ "{{print 1 2 \"a\" 3}}|{{println \"a\" 1}}", "1 2a3|a 1\n" },
	{ "{{eq .Tag \"1\"}}{{ne .Tag \"1\"}}{{eq .Tag \"2\" \"1\"}}", "truefalsetrue" },
	{ "{{lt 1 2}}{{le 2 2}}{{gt \"a\" \"b\"}}{{ge 1.5 1}}", "truetruefalsetrue" },
	{ "{{eq nil .Nothing}}{{eq .Yes true}}", "truetrue" },
	{ "{{and .Yes .Tag}}{{or .Empty .Tag}}{{not .Yes}}", "11false" },
	{ "{{and .None (index .None 0)}}{{or .Tag (index .None 0)}}", "[]1" },
	{ "a {{- .Tag -}} b{{/* gone */}} {{- /* too */ -}} c", "a1bc" },
	{ "{{\"a\\tb\\n\"}}{{`x\\t`}}", "a\tb\nx\\t" },
	{ "{{-1}}{{+2}}{{1.5}}{{true}}", "-121.5true" },
	{ "{{(.Config).Cmd}}{{$.Config.Cmd}}", "[sh -c][sh -c]" },
	{ "{{len (print .Tag .Repository)}}", "4" },
};

static const struct {
	const char *template, *text;
} bad[] = {
	{ "{{", "not closed" },
	{ "{{.Id", "not closed" },
	{ "\n  {{.Foo}}", "line 2, column 5: there is no member .Foo" },
	{ "{{.Id.x}}", "a text has no member .x" },
	{ "{{.Config.Cmd.x}}", "a list has no member .x" },
	{ "{{}}", "no value" },
	{ "{{|}}", "no value" },
	{ "{{.Id|}}", "comes a function" },
	{ "{{.Id | 3}}", "comes a function" },
	{ "{{foo .Id}}", "no function \"foo\"" },
	{ "{{.Id .Tag}}", "cannot be called" },
	{ "{{if .Id}}", "{{end}} is missing" },
	{ "{{if}}x{{end}}", "if has no value" },
	{ "{{end}}", "{{end}} without a beginning" },
	{ "{{else}}", "{{else}} without a beginning" },
	{ "{{if 1}}{{else}}{{else}}{{end}}", "second {{else}}" },
	{ "{{range .Tag}}{{end}}", "range over a text" },
	{ "{{$x}}", "no variable $x" },
	{ "{{$x = 1}}", "no variable $x" },
	{ "{{if 1}}{{$x := 1}}{{end}}{{$x}}", "no variable $x" },
	{ "{{index .RepoDigests 1}}", "index 1 of a list with 1 members" },
	{ "{{index .RepoDigests -1}}", "index -1" },
	{ "{{index .Tag 0}}", "a text where a list or an object" },
	{ "{{len 1}}", "a number where" },
	{ "{{len}}", "takes 1 to 1 values, not 0" },
	{ "{{lt 1 \"a\"}}", "cannot be compared" },
	{ "{{\"a}}", "not closed by \"" },
	{ "{{\"\\z\"}}", "unknown escape" },
	{ "{{/* a }}", "not closed by */" },
	{ "{{(.Id}}", "not closed by )" },
	{ "{{.Id)}}", "}} is missing" },
	{ "{{#}}", "unexpected character" },
	{ "{{1.2.3}}", "not a number" },
	{ "{{99999999999999999999}}", "not a number" },
	{ "{{template \"a\"}}", "{{template}} is not supported" },
	{ "{{range .None}}{{break}}{{end}}", "{{break}} is not supported" },
	{ "{{printf \"%d\" \"a\"}}", "takes a number" },
	{ "{{printf \"%s\"}}", "a value is missing" },
	{ "{{printf \"a\" 1}}", "too many values" },
	{ "{{printf \"%9999s\" 1}}", "width" },
	{ "{{printf \"%z\" 1}}", "unknown %z" },
	{ "{{printf \"%\"}}", "without a letter" },
	{ "{{pad \"a\" 99999 0}}", "width" },
	{ "{{split \"a\" \"\"}}", "split by nothing" },
	{ "{{slice .Id 5 999}}", "outside" },
	{ "{{nil.x}}", "cannot be called" },
};

static void
templates_print_what_go_prints(void **state)
{
	auto_error struct error err = ERROR_INIT;
	auto_json json_t *data = jsonio_parse(text_of(document), "document", &err);

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		auto_template struct template *t =
		        template_parse(text_of(good[i].template), &err);
		auto_buf struct buf out = BUF_INIT;

		if (t == NULL || template_print(t, data, maps, &out, &err) < 0)
			fail_msg("%s: %s", good[i].template, err.text);
		assert_string_equal(buf_str(&out), good[i].want);
	}
}

static void
mistakes_are_named_with_their_place(void **state)
{
	auto_error struct error none = ERROR_INIT;
	auto_json json_t *data = jsonio_parse(text_of(document), "document", &none);

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		auto_error struct error err = ERROR_INIT;
		auto_template struct template *t =
		        template_parse(text_of(bad[i].template), &err);
		auto_buf struct buf out = BUF_INIT;

		if (t != NULL && template_print(t, data, maps, &out, &err) == 0)
			fail_msg("%s: no error", bad[i].template);
		assert_int_equal(err.code, ERR_USAGE);
		assert_non_null(strstr(err.text, "line "));
		if (strstr(err.text, bad[i].text) == NULL)
			fail_msg("%s: %s", bad[i].template, err.text);
	}
}

/* N times WORD around MIDDLE. */
static char *
nested(const char *before, const char *middle, const char *after, size_t n)
{
	auto_buf struct buf b = BUF_INIT;

	for (size_t i = 0; i < n; i++)
		buf_add_str(&b, before);
	buf_add_str(&b, middle);
	for (size_t i = 0; i < n; i++)
		buf_add_str(&b, after);
	return buf_take(&b);
}

static void
depth_work_and_output_are_limited(void **state)
{
	auto_error struct error none = ERROR_INIT;
	auto_json json_t *data = jsonio_parse(text_of(document), "document", &none);
	auto_free char *parens = nested("(", "1", ")", 100000);
	char *big[] = { mem_print("{{%s}}", parens),
		        nested("{{if 1}}", "", "{{end}}", 100000),
		        nested("{{range .RootFS.Layers}}", "x", "{{end}}", 60),
		        nested("", "{{$x := .Id}}", "{{$x = print $x $x $x $x}}", 40) };

	(void)state;
	for (size_t i = 0; i < sizeof big / sizeof *big; i++) {
		auto_error struct error err = ERROR_INIT;
		auto_template struct template *t = template_parse(text_of(big[i]), &err);
		auto_buf struct buf out = BUF_INIT;

		assert_true(t == NULL || template_print(t, data, maps, &out, &err) < 0);
		assert_int_equal(err.code, ERR_USAGE);
	}
	for (size_t i = 0; i < sizeof big / sizeof *big; i++)
		free(take(big[i]));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(templates_print_what_go_prints),
		cmocka_unit_test(mistakes_are_named_with_their_place),
		cmocka_unit_test(depth_work_and_output_are_limited),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
