// The console: lines as commands, settings in a draft until they are saved, secrets unseen.
#include "console/console.h"

#include <map>
#include <random>
#include <string>
#include <vector>

#include "check.h"

using namespace cutpoint;
using namespace cutpoint::device;

namespace {

Text text(const std::string& characters) { return Text(characters.data(), characters.size()); }
std::string string_of(Text text) { return std::string(text.data(), text.size()); }

struct Lines final : ConsoleOutput {
  void line(Text text) override { said.push_back(string_of(text)); }
  std::string all() const {
    std::string joined;
    for (const std::string& line : said) {
      joined += line + "\n";
    }
    return joined;
  }
  std::vector<std::string> said;
};

struct Target final : ConsoleTarget {
  void status(ConsoleOutput& out) override { out.line(text_of("@status {}")); }
  void cut(CutOrder order, uint16_t operators, Sentence& said) override {
    said.add("cut ").add(static_cast<uint32_t>(order)).add(" ").add(static_cast<uint32_t>(operators));
  }
  void bench(uint16_t inferences, Sentence& said) override { said.add("bench ").add(static_cast<uint32_t>(inferences)); }
  void wifi(ConsoleOutput& out) override { out.line(text_of("wifi")); }
  void mqtt(ConsoleOutput& out) override { out.line(text_of("mqtt")); }
  void model(ConsoleOutput& out) override { out.line(text_of("model")); }
  void set_log(LogLevel level) override { log = level; }
  void restart() override { ++restarts; }
  void hang() override { ++hangs; }
  void changed(const SettingRule& rule, const Settings&) override { followed.push_back(rule.key); }
  void saved() override { ++saves; }
  LogLevel log = LogLevel::kNone;
  int restarts = 0;
  int hangs = 0;
  int saves = 0;
  std::vector<std::string> followed;
};

struct Store final : SettingStore {
  bool save(const SettingRule& rule, Text value, Sentence& why) override {
    if (broken) {
      why = Sentence("flash does not take it");
      return false;
    }
    kept[rule.key] = string_of(value);
    return true;
  }
  bool broken = false;
  std::map<std::string, std::string> kept;
};

struct Bench {
  Settings settings;
  Target target;
  Store store;
  Lines out;
  Console console{settings, target, store, out};
  std::string ask(const std::string& line) {
    out.said.clear();
    console.obey(text(line));
    return out.all();
  }
};

bool starts(const std::string& text, const std::string& with) { return text.rfind(with, 0) == 0; }

}  // namespace

TEST(every_command_of_help_is_one_and_says_something) {
  CHECK_EQ(console_help().size(), size_t{13});
  for (const CommandHelp& row : console_help()) {
    Bench bench;
    ConsoleCommand command;
    Sentence why;
    const bool needs_more = std::string(row.name) == "set";
    CHECK_EQ(parse_command(text_of(row.name), command, why), !needs_more);
    CHECK(starts(row.form, row.name));
    CHECK(!bench.ask(row.name).empty());
    CHECK(bench.ask("help").find(row.form) != std::string::npos);
  }
}

TEST(lines_become_commands) {
  Bench bench;
  CHECK_EQ(bench.ask(""), std::string());
  CHECK_EQ(bench.ask("  \t "), std::string());
  CHECK_EQ(bench.ask(" cut "), std::string("cut 0 0\n"));
  CHECK_EQ(bench.ask("cut 17"), std::string("cut 1 17\n"));
  CHECK_EQ(bench.ask("cut\tauto"), std::string("cut 2 0\n"));
  CHECK_EQ(bench.ask("bench"), std::string("bench 10\n"));
  CHECK_EQ(bench.ask("bench 1000"), std::string("bench 1000\n"));
  CHECK_EQ(bench.ask("log debug"), std::string("log = debug\n"));
  CHECK(bench.target.log == LogLevel::kDebug);
  bench.ask("restart");
  bench.ask("hang");
  CHECK_EQ(bench.target.restarts, 1);
  CHECK_EQ(bench.target.hangs, 1);
}

TEST(what_is_wrong_is_refused_with_what_was_expected) {
  const char* wrong[] = {"statsu", "STATUS", "status now", "cut banana", "cut -1", "cut 65536", "cut 1 2", "bench 0", "bench -1",
                         "bench 1001", "log loud", "set", "get a b", "restart now", "help a b", "set no_such_key 1",
                         "get no_such_key", "set tele_ms banana", "set tele_ms", "set tele_ms 1 2", "set tele_ms -1",
                         "help no_such_word", "set tls_ca -----BEGIN"};
  for (const char* line : wrong) {
    Bench bench;
    const std::string said = bench.ask(line);
    CHECK(starts(said, "error: "));
    CHECK_EQ(bench.out.said.size(), size_t{1});
    CHECK(bench.target.followed.empty());
  }
}

TEST(a_setting_changes_at_once_and_is_kept_by_save_alone) {
  Bench bench;
  CHECK_EQ(bench.ask("set tele_ms 7654"), std::string("tele_ms = 7654\n"));
  CHECK_EQ(bench.ask("get tele_ms"), std::string("tele_ms = 7654\n"));
  CHECK_EQ(bench.target.followed.size(), size_t{1});
  CHECK(bench.store.kept.empty());
  CHECK(starts(bench.ask("save"), "saved: 1 setting"));
  CHECK_EQ(bench.store.kept["tele_ms"], std::string("7654"));
  CHECK_EQ(bench.target.saves, 1);
  CHECK_EQ(bench.ask("save"), std::string("saved: nothing had changed\n"));
  CHECK_EQ(bench.store.kept.size(), size_t{1});
  CHECK_EQ(bench.target.saves, 1);
}

TEST(a_setting_that_flash_does_not_take_is_saved_by_the_next_save) {
  Bench bench;
  bench.ask("set name hall");
  bench.store.broken = true;
  CHECK_EQ(bench.ask("save"), std::string("error: flash does not take it\n"));
  bench.store.broken = false;
  CHECK(starts(bench.ask("save"), "saved: 1 setting"));
}

TEST(a_value_may_hold_blanks_between_its_words) {
  Bench bench;
  bench.ask("set wifi_ssid  My home network ");
  CHECK_EQ(bench.ask("get wifi_ssid"), std::string("wifi_ssid = My home network\n"));
}

TEST(no_secret_is_ever_printed_and_each_is_kept_as_it_was_given) {
  const std::map<std::string, std::string> secrets = {
      {"wifi_pass", "hunter2hunter2"},
      {"mqtt_pass", "correct horse"},
      {"tls_psk", "00c0ffee00c0ffee"},
      {"aead_key", "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"}};
  Bench bench;
  std::string everything;
  for (const auto& [key, value] : secrets) {
    everything += bench.ask("set " + key + " " + value);
    CHECK_EQ(bench.ask("get " + key), key + " = set\n");
    everything += bench.ask("set " + key + " " + std::string(200, value[0]));  // too long: refused
  }
  everything += bench.ask("get") + bench.ask("help") + bench.ask("status") + bench.ask("save");
  for (const auto& [key, value] : secrets) {
    CHECK(everything.find(value.substr(0, 8)) == std::string::npos);
    CHECK_EQ(bench.store.kept[key], value);
  }
}

TEST(every_setting_survives_being_written_as_text) {
  Settings a;
  for (const SettingRule& rule : settings_schema()) {
    char to[kSettingTextBytes];
    size_t size = 0;
    const bool has_text = setting_text(a, rule, Span<char>(to), size);
    CHECK_EQ(has_text, rule.kind != SettingKind::kPem);
    if (has_text) {
      Settings b;
      Sentence why;
      CHECK(apply_setting(b, text_of(rule.key), Text(to, size), why));
      CHECK(!setting_differs(a, b, rule));
    }
  }
  Sentence why;
  Settings b;
  REQUIRE(apply_setting(b, text_of("tls_psk"), text_of("00ff"), why));
  const SettingRule& psk = *find_setting(text_of("tls_psk"));
  CHECK(setting_differs(a, b, psk));
  copy_setting(a, b, psk);
  CHECK(!setting_differs(a, b, psk));
}

TEST(a_network_from_improv_is_kept_without_a_word) {
  Bench bench;
  Sentence why;
  CHECK(bench.console.keep("wifi_ssid", text_of("net"), why));
  CHECK(bench.console.keep("wifi_pass", text_of("hunter2hunter2"), why));
  CHECK(bench.out.said.empty());
  CHECK_EQ(bench.store.kept["wifi_pass"], std::string("hunter2hunter2"));
  CHECK_EQ(bench.ask("save"), std::string("saved: nothing had changed\n"));
  CHECK(!bench.console.keep("wifi_ssid", text(std::string(33, 'x')), why));
  CHECK(!why.empty());
}

TEST(any_line_is_answered_with_printable_sentences) {
  std::mt19937 random(3);
  const char* words[] = {"set", "get", "cut", "bench", "log", "help", "name", "tele_ms", "auto", "wifi_pass", "1", "save"};
  for (int round = 0; round < 5000; ++round) {
    std::string line;
    for (unsigned i = random() % 5; i > 0; --i) {
      line += words[random() % (sizeof words / sizeof words[0])];
      line += random() % 3 == 0 ? '\t' : ' ';
      if (random() % 4 == 0) {
        line += static_cast<char>(random());
      }
    }
    Bench bench;
    for (const char character : bench.ask(line)) {
      CHECK((character >= ' ' && character <= '~') || character == '\n');
    }
  }
}
