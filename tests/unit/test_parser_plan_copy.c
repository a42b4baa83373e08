#include "tests/lib/plan_facts.h"

#define FROM    "FROM scratch\n"
#define COPY(x) FROM "COPY " x "\n"
#define ADD(x)  FROM "ADD " x "\n"
#define ERROR   "error 2-2: "
#define SUM     "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static void
the_destination_is_made_absolute(void **state)
{
	static const struct plan_row rows[] = {
		{ "247", COPY("a /new"), NULL,
		  "local\ncopy \"a\"(1) to \"/new\"\nhistory COPY a /new # buildkit" },
		{ "248", COPY("a /new/"), NULL, "copy \"a\"(1) to \"/new/\"" },
		{ "6.1 dot at the end", COPY("a /new/."), NULL,
		  "copy \"a\"(1) to \"/new/\"\nhistory COPY a /new/. # buildkit" },
		{ "251", FROM "WORKDIR /w\nCOPY a .\n", NULL,
		  "copy \"a\"(2) to \"/w/\"\nhistory COPY a . # buildkit" },
		{ "251 slash", FROM "WORKDIR /w\nCOPY a ./\n", NULL,
		  "copy \"a\"(2) to \"/w/\"" },
		{ "251 empty", FROM "WORKDIR /w\nCOPY [\"a\", \"\"]\n", NULL,
		  "copy \"a\"(2) to \"/w/\"\nhistory COPY a  # buildkit" },
		{ "6.1 relative", FROM "WORKDIR /w\nCOPY a b/../c\n", NULL,
		  "copy \"a\"(2) to \"/w/c\"" },
		{ "6.1 of the base", "FROM full\nCOPY a b\n", NULL,
		  "copy \"a\"(1) to \"/srv/b\"" },
		{ "6.1 root", COPY("a /"), NULL, "copy \"a\"(1) to \"/\"" },
		{ "275 dots", COPY("a ../../x"), NULL, "copy \"a\"(1) to \"/x\"" },
		{ "4.5 too few", COPY("a"), NULL,
		  ERROR "dockerfile parse error on line 2: COPY requires at least two "
		        "arguments, but only one was provided. Destination could not be "
		        "determined" },
	};

	(void)state;
	CHECK_PLANS(rows);
}

static void
sources_are_kept_as_they_are(void **state)
{
	static const struct plan_row rows[] = {
		{ "255", COPY("a b /x/"), NULL,
		  "copy \"a\"(1) \"b\"(1) to \"/x/\"\nhistory COPY a b /x/ # buildkit" },
		{ "254", COPY("d/ e/. /x"), NULL, "copy \"d/\"(1) \"e/.\"(1) to \"/x\"" },
		{ "257", COPY("../x /y /z/"), NULL,
		  "copy \"../x\"(1) \"/y\"(1) to \"/z/\"" },
		{ "258", COPY("a*.[ch] ?[^x] /z/"), NULL,
		  "copy \"a*.[ch]\"(1) \"?[^x]\"(1) to \"/z/\"" },
		{ "263 escapes", COPY("a\\*b [*] /z/"), NULL,
		  "copy \"a*b\"(1) \"[*]\"(1) to \"/z/\"" },
		{ "264", COPY("[\"a b\", \"c\"]"), NULL, "copy \"a b\"(1) to \"/c\"" },
		{ "6 quotes do not join", COPY("\"a b\" c"), NULL,
		  ERROR "failed to process \"\\\"a\": unexpected end of statement while "
		        "looking for matching double-quote" },
		{ "265", COPY("\xC3\xBC%20+x y"), NULL,
		  "copy \"\xC3\xBC%20+x\"(1) to \"/y\"" },
		{ "304", COPY("http://h/f /x"), NULL,
		  ERROR "source can't be a URL for COPY" },
		{ "304 https", COPY("https://h/f.tar /x"), NULL,
		  ERROR "source can't be a URL for COPY" },
		{ "304 git", COPY("https://h/r.git#v1 /x"), NULL,
		  ERROR "source can't be a git ref for COPY" },
		{ "304 scp", COPY("git@h:r.git /x"), NULL,
		  ERROR "source can't be a git ref for COPY" },
	};

	(void)state;
	CHECK_PLANS(rows);
}

static void
flags_are_checked_and_told(void **state)
{
	static const struct plan_row rows[] = {
		{ "288", COPY("--chmod=600 a b"), NULL,
		  "copy \"a\"(1) to \"/b\" chmod \"600\"\n"
		  "history COPY --chmod=600 a b # buildkit" },
		{ "290", COPY("--chmod=u=rwX,go-w,+x,a+st,g=u a b"), NULL,
		  "copy \"a\"(1) to \"/b\" chmod \"u=rwX,go-w,+x,a+st,g=u\"" },
		{ "291", COPY("--chmod=64a a b"), NULL,
		  ERROR "invalid chmod parameter: '64a'. it should be octal string and "
		        "between 0 and 07777" },
		{ "291 large", COPY("--chmod=10000 a b"), NULL,
		  ERROR "invalid chmod parameter: '10000'. it should be octal string and "
		        "between 0 and 07777" },
		{ "291 symbolic", COPY("--chmod=u=rz a b"), NULL,
		  ERROR "invalid chmod parameter: 'u=rz'. it should be octal string and "
		        "between 0 and 07777" },
		{ "291 empty", COPY("--chmod=$X a b"), NULL, "copy \"a\"(1) to \"/b\"" },
		{ "293", COPY("--chown=a:b a b"), NULL,
		  "copy \"a\"(1) to \"/b\" chown \"a:b\"\n"
		  "history COPY --chown=a:b a b # buildkit" },
		{ "296", COPY("--exclude=*.o --exclude=!x a b"), NULL,
		  "copy \"a\"(1) to \"/b\" exclude \"*.o\" exclude \"!x\"\n"
		  "history COPY a b # buildkit" },
		{ "298", COPY("--parents a/./b c"), NULL,
		  "copy \"a/./b\"(1) to \"/c\" parents\n"
		  "history COPY --parents a/./b c # buildkit" },
		{ "301", COPY("--link --chown=1:2 a b"), NULL,
		  "copy \"a\"(1) to \"/b\" chown \"1:2\" link\n"
		  "history COPY --chown=1:2 a b # buildkit" },
		{ "301 false", COPY("--link=false a b"), NULL,
		  "copy \"a\"(1) to \"/b\"" },
		{ "20 link and chmod", COPY("--link --chmod=600 --chown=x a b"), NULL,
		  "copy \"a\"(1) to \"/b\" chown \"x\" chmod \"600\"" },
		{ "302", COPY("--link --chown=nobody a b"), NULL,
		  ERROR "invalid user index: -1" },
		{ "302 group", COPY("--link --chown=1:staff a b"), NULL,
		  ERROR "invalid user index: -1" },
		{ "302 root is a number", COPY("--link --chown=root:0 a b"), NULL,
		  "copy \"a\"(1) to \"/b\" chown \"root:0\" link" },
		{ "285", "FROM scratch AS x\nFROM scratch\nCOPY --from=x a b\n", NULL,
		  "copy \"a\"(0) to \"/b\" owner\nhistory COPY a b # buildkit" },
		{ "36 unknown", COPY("--chonw=1 a b"), NULL,
		  ERROR
		  "dockerfile parse error on line 2: unknown flag: --chonw (did you "
		  "mean chown?)" },
	};

	(void)state;
	CHECK_PLANS(rows);
}

static void
heredocs_become_files(void **state)
{
	static const struct plan_row rows[] = {
		{ "64", FROM "ENV x=1\nCOPY <<E /f\n$x\nE\n", NULL,
		  "copy \"E\"<<\"1\\n\" to \"/f\"\nhistory COPY <<E /f # buildkit" },
		{ "65", FROM "ENV x=1\nCOPY <<\"E\" /f\n$x \\$x\nE\n", NULL,
		  "copy \"E\"<<\"$x \\\\$x\\n\" to \"/f\"" },
		{ "66", FROM "ENV x=1\nCOPY <<E /f\n\\$x \\\\ \\n a\\\nb\nE\n", NULL,
		  "copy \"E\"<<\"$x \\\\ n a\\nb\\n\" to \"/f\"" },
		{ "66 escape directive", "# escape=`\n" FROM "COPY <<E /f\n\\$x `$y\nE\n",
		  NULL, "copy \"E\"<<\"$x `\\n\" to \"/f\"" },
		{ "67", FROM "COPY <<E /f\n\"a\" 'b\nE\n", NULL,
		  "copy \"E\"<<\"\\\"a\\\" 'b\\n\" to \"/f\"" },
		{ "68", FROM "COPY <<A f <<B /d/\n1\nA\n2\nB\n", NULL,
		  "copy \"f\"(1) \"A\"<<\"1\\n\" \"B\"<<\"2\\n\" to \"/d/\"\n"
		  "history COPY f <<A <<B /d/ # buildkit" },
		{ "69", FROM "COPY a <<E\nx\nE\n", NULL,
		  "error 2-4: dockerfile parse error on line 2: COPY cannot accept a "
		  "heredoc as a destination" },
		{ "70", FROM "COPY --chmod=755 --chown=1 <<E /f\nx\nE\n", NULL,
		  "copy \"E\"<<\"x\\n\" to \"/f\" chown \"1\" chmod \"755\"" },
		{ "53 chomp", FROM "COPY <<-E /f\n\t\ta\tb\n\tE\n", NULL,
		  "copy \"E\"<<\"a\\tb\\n\" to \"/f\"" },
		{ "1.7 same name twice", FROM "COPY <<E <<E /d/\n1\nE\n2\nE\n", NULL,
		  "copy \"E\"<<\"2\\n\" \"E\"<<\"2\\n\" to \"/d/\"" },
		{ "1.7 from a stage too",
		  "FROM scratch AS x\nFROM scratch\nCOPY --from=x <<E f /d/\n1\nE\n",
		  NULL, "copy \"f\"(0) \"E\"<<\"1\\n\" to \"/d/\" owner" },
		{ "1.7 no context is read", FROM "COPY <<E /f\nE\n", NULL,
		  "0 scratch\n1 copy \"E\"<<\"\" to \"/f\"" },
		{ "71", FROM "COPY <<E /f\nx\n", NULL,
		  "error 2-3: unterminated heredoc" },
		{ "expansion fails", FROM "COPY <<E /f\n${x:?no}\nE\n", NULL,
		  "error 2-4: failed to process \"${x:?no}\\n\": x: no" },
	};

	(void)state;
	CHECK_PLANS(rows);
}

static void
add_unpacks_and_downloads(void **state)
{
	static const struct plan_row rows[] = {
		{ "305", ADD("a.tar /d"), NULL,
		  "add \"a.tar\"(1) unpack to \"/d\"\nhistory ADD a.tar /d # buildkit" },
		{ "307", ADD("--unpack=false a.tar /d"), NULL,
		  "add \"a.tar\"(1) to \"/d\"" },
		{ "307 true", ADD("--unpack a.tar /d"), NULL,
		  "add \"a.tar\"(1) unpack to \"/d\"" },
		{ "317", ADD("https://h:8/a/b.txt?q=1#x /d/"), NULL,
		  "http \"https://h:8/a/b.txt?q=1#x\" file \"b.txt\"\n"
		  "add \"b.txt\"(1) to \"/d/\"\n"
		  "history ADD https://h:8/a/b.txt?q=1#x /d/ # buildkit" },
		{ "317 decoded", ADD("http://h/a%20b /d/"), NULL,
		  "http \"http://h/a%20b\" file \"a b\"" },
		{ "317 slash at the end", ADD("http://h/a/ /d/"), NULL,
		  "http \"http://h/a/\" file \"a\"" },
		{ "318", ADD("http://h /d/"), NULL,
		  "http \"http://h\" file \"__unnamed__\"" },
		{ "318 slash", ADD("http://h/ /d/"), NULL,
		  "http \"http://h/\" file \"__unnamed__\"" },
		{ "319", ADD("--unpack http://h/a.tar /d/"), NULL,
		  "add \"a.tar\"(1) force to \"/d/\"" },
		{ "317 mode", ADD("--chmod=644 http://h/a /d/"), NULL,
		  "http \"http://h/a\" file \"a\" chmod \"644\"" },
		{ "320", ADD("--checksum=sha256:" SUM " http://h/a /d/"), NULL,
		  "http \"http://h/a\" file \"a\" checksum \"sha256:" SUM "\"" },
		{ "320 bad", ADD("--checksum=x http://h/a /d/"), NULL,
		  ERROR "invalid checksum digest format" },
		{ "320 algorithm", ADD("--checksum=md5:" SUM " http://h/a /d/"), NULL,
		  ERROR "unsupported digest algorithm" },
		{ "320 local", ADD("--checksum=sha256:" SUM " a /d/"), NULL,
		  ERROR "checksum requires HTTP(S) or Git sources" },
		{ "320 two", ADD("--checksum=sha256:" SUM " http://h/a http://h/b /d/"),
		  NULL, ERROR "checksum can't be specified for multiple sources" },
		{ "the same file once", ADD("http://h/a http://h/a /d/"), NULL,
		  "add \"a\"(1) \"a\"(1) to \"/d/\"" },
		{ "4.6 no --from", ADD("--from=x a b"), NULL,
		  ERROR "dockerfile parse error on line 2: unknown flag: --from" },
	};

	(void)state;
	CHECK_PLANS(rows);
}

static void
add_clones_repositories(void **state)
{
	static const struct plan_row rows[] = {
		{ "322", ADD("https://h/r.git /d"), NULL,
		  "git \"https://h/r.git\"\nadd \"\"(1) to \"/d\"\n"
		  "history ADD https://h/r.git /d # buildkit" },
		{ "322 fragment", ADD("https://h/r.git#v1:sub/dir /d"), NULL,
		  "git \"https://h/r.git\" ref \"v1\" subdir \"sub/dir\"" },
		{ "322 subdir alone", ADD("git://h/r#:sub /d"), NULL,
		  "git \"git://h/r\" subdir \"sub\"" },
		{ "322 ssh", ADD("ssh://git@h:22/r /d"), NULL,
		  "git \"ssh://git@h:22/r\"" },
		{ "322 scp", ADD("git@h:o/r.git#x /d"), NULL,
		  "git \"git@h:o/r.git\" ref \"x\"" },
		{ "322 query", ADD("https://h/r.git?ref=v1&subdir=a%2Fb /d"), NULL,
		  "git \"https://h/r.git\" ref \"v1\" subdir \"a/b\"" },
		{ "322 tag", ADD("https://h/r.git?tag=v1 /d"), NULL,
		  "git \"https://h/r.git\" ref \"refs/tags/v1\"" },
		{ "322 branch", ADD("https://h/r.git?branch=b /d"), NULL,
		  "git \"https://h/r.git\" ref \"refs/heads/b\"" },
		{ "322 commit", ADD("https://h/r.git?commit=abc /d"), NULL,
		  "git \"https://h/r.git\" checksum \"abc\"" },
		{ "322 switches",
		  ADD("https://h/r.git?keep-git-dir&submodules=false&mtime=commit /d"),
		  NULL,
		  "git \"https://h/r.git\" keep-git-dir no-submodules commit-time" },
		{ "322 unknown", ADD("https://h/r.git?x=1 /d"), NULL,
		  ERROR "unexpected query \"x\"" },
		{ "322 twice", ADD("https://h/r.git?ref=a&ref=b /d"), NULL,
		  ERROR "query \"ref\" has multiple values" },
		{ "322 empty", ADD("https://h/r.git?ref= /d"), NULL,
		  ERROR "query \"ref\" has no value" },
		{ "322 conflict", ADD("https://h/r.git?ref=a#b /d"), NULL,
		  ERROR "ref conflicts: \"b\" vs \"a\"" },
		{ "322 tag and branch", ADD("https://h/r.git?tag=a&branch=b /d"), NULL,
		  ERROR "branch conflicts with tag" },
		{ "322 mtime", ADD("https://h/r.git?mtime=x /d"), NULL,
		  ERROR "invalid mtime value: \"x\"" },
		{ "323", ADD("--keep-git-dir --checksum=abc https://h/r.git /d"), NULL,
		  "git \"https://h/r.git\" checksum \"abc\" keep-git-dir" },
		{ "323 disagree", ADD("--keep-git-dir https://h/r.git?keep-git-dir=0 /d"),
		  NULL, ERROR "inconsistent keep-git-dir configuration" },
		{ "323 checksums", ADD("--checksum=a https://h/r.git?checksum=b /d"),
		  NULL, ERROR "checksum mismatch \"a\" != \"b\"" },
		{ "4.6 local", ADD("github.com/o/r ./r.git ../r.git /d/"), NULL,
		  "add \"github.com/o/r\"(1) unpack \"./r.git\"(1) unpack "
		  "\"../r.git\"(1) unpack to \"/d/\"" },
		{ "4.6 web page", ADD("https://h/r.git/x /d/"), NULL,
		  "http \"https://h/r.git/x\" file \"x\"" },
	};

	(void)state;
	CHECK_PLANS(rows);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_destination_is_made_absolute),
		cmocka_unit_test(sources_are_kept_as_they_are),
		cmocka_unit_test(flags_are_checked_and_told),
		cmocka_unit_test(heredocs_become_files),
		cmocka_unit_test(add_unpacks_and_downloads),
		cmocka_unit_test(add_clones_repositories),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
