// JSON, notes and machine lines: escaped, bounded, whole or not at all.
#include "report/lines.h"

#include <random>
#include <string>
#include <vector>

#include "check.h"
#include "session/notes.h"
#include "report/about.h"
#include "report/notes.h"

using namespace cutpoint;
using namespace cutpoint::device;

namespace {

std::string string_of(Text text) { return std::string(text.data(), text.size()); }

std::string object(const std::string& value) {
  char to[512];
  JsonWriter json{Span<char>(to)};
  json.text("a", Text(value.data(), value.size()));
  Text written;
  return json.finish(written) ? string_of(written) : "refused";
}

bool valid_utf8(const std::string& text) {
  Text left(text.data(), text.size());
  while (!left.empty()) {
    const size_t size = utf8_sequence(left);
    if (size == 0) {
      return false;
    }
    left = left.from(size);
  }
  return true;
}

Delivery delivery() {
  Delivery made = {};
  made.sequence = 7;
  made.by = By::kEdge;
  made.reason = Reason::kEdge;
  made.cut = 17;
  made.measured = true;
  made.round_trip_us = 2230;
  made.edge_us = 800;
  made.encode_us = 40;
  made.bytes_up = 9300;
  made.bytes_down = 64;
  return made;
}

}  // namespace

TEST(an_object_holds_what_was_put_into_it) {
  char to[256];
  JsonWriter json{Span<char>(to)};
  const uint8_t bytes[] = {0x0a, 0xff};
  json.text("t", "x").number("n", UINT32_MAX).number_signed("s", INT32_MIN).truth("b", false).hex("h", Bytes(bytes));
  json.array("l").element(text_of("raw")).element(5u).end().object("o").number("i", 0).end();
  Text written;
  REQUIRE(json.finish(written));
  CHECK_EQ(string_of(written), std::string("{\"t\":\"x\",\"n\":4294967295,\"s\":-2147483648,\"b\":false,\"h\":\"0aff\","
                                           "\"l\":[\"raw\",5],\"o\":{\"i\":0}}"));
  CHECK_EQ(std::strlen(to), written.size());
}

TEST(quotes_control_characters_and_what_is_no_utf8_are_escaped) {
  CHECK_EQ(object("a\"b\\c\n\x01"), std::string("{\"a\":\"a\\\"b\\\\c\\u000a\\u0001\"}"));
  CHECK_EQ(object("Gr\xc3\xbc\xc3\x9f" "e \xf0\x9f\x93\xb7"), std::string("{\"a\":\"Gr\xc3\xbc\xc3\x9f" "e \xf0\x9f\x93\xb7\"}"));
  CHECK_EQ(object("\xff"), std::string("{\"a\":\"\xef\xbf\xbd\"}"));
  CHECK_EQ(object("\xc3"), std::string("{\"a\":\"\xef\xbf\xbd\"}"));                          // cut off
  CHECK_EQ(object("\xc0\x80"), std::string("{\"a\":\"\xef\xbf\xbd\xef\xbf\xbd\"}"));          // overlong
  CHECK_EQ(object("\xed\xa0\x80"), std::string("{\"a\":\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"}"));  // a surrogate
}

TEST(any_bytes_become_valid_utf8_without_a_bare_quote) {
  std::mt19937 random(5);
  for (int round = 0; round < 3000; ++round) {
    std::string value(random() % 60, '\0');
    for (char& character : value) {
      character = static_cast<char>(random());
    }
    const std::string written = object(value);
    CHECK(valid_utf8(written));
    int quotes = 0;
    for (size_t i = 0; i < written.size(); ++i) {
      CHECK(static_cast<uint8_t>(written[i]) >= 0x20);
      if (written[i] == '\\') {
        ++i;
      } else if (written[i] == '"') {
        ++quotes;
      }
    }
    CHECK_EQ(quotes, 4);
  }
}

TEST(what_does_not_fit_is_refused_at_every_size_and_nothing_is_written_past_the_end) {
  const Delivery made = delivery();
  const AnswerLine answer = {&made, 12000, 9000, true, 0xDEADBEEF};
  char whole[kEventLineBytes];
  const Text full = write_answer_line(answer, Span<char>(whole));
  REQUIRE(!full.empty());
  for (size_t room = 0; room <= full.size() + 4; ++room) {
    std::vector<char> to(room + 8, '#');
    const Text written = write_answer_line(answer, Span<char>(to.data(), room));
    CHECK_EQ(written.empty(), room < full.size() + 1);
    for (size_t i = room; i < to.size(); ++i) {
      CHECK_EQ(to[i], '#');
    }
    if (room != 0) {
      CHECK_EQ(std::strlen(to.data()), written.size());
    }
  }
}

TEST(what_was_opened_and_not_closed_is_refused) {
  char to[64];
  Text written;
  JsonWriter open{Span<char>(to)};
  open.object("o");
  CHECK(!open.finish(written));
  JsonWriter closed{Span<char>(to)};
  closed.end();
  CHECK(!closed.finish(written));
  JsonWriter deep{Span<char>(to)};
  for (size_t i = 0; i < kMaxJsonDepth; ++i) {
    deep.array("a");
  }
  CHECK(!deep.finish(written));
}

TEST(an_answer_names_what_is_known_and_leaves_the_rest_out) {
  Delivery made = delivery();
  char to[kEventLineBytes];
  AnswerLine answer = {&made, 12000, 9000, false, 0};
  CHECK_EQ(string_of(write_answer_line(answer, Span<char>(to))),
           std::string("@answer {\"sequence\":7,\"by\":\"edge\",\"reason\":\"edge\",\"cut\":17,\"total_us\":12000,"
                       "\"device_us\":9000,\"encode_us\":40,\"round_trip_us\":2230,\"edge_us\":800,\"bytes_up\":9300,"
                       "\"bytes_down\":64}"));
  made.header.flags = kFlagPartial;
  CHECK(string_of(write_answer_line(answer, Span<char>(to))).find("\"partial\":true,\"bytes_up\"") != std::string::npos);
  made.by = By::kDevice;
  made.reason = Reason::kRefused;
  made.refusal = ResultStatus::kOverloaded;
  made.measured = false;
  answer = {&made, 12000, 9000, true, 77};
  CHECK_EQ(string_of(write_answer_line(answer, Span<char>(to))),
           std::string("@answer {\"sequence\":7,\"by\":\"device\",\"reason\":\"refused: overloaded\",\"cut\":17,"
                       "\"total_us\":12000,\"device_us\":9000,\"encode_us\":40,\"bytes_up\":9300,\"bytes_down\":64,"
                       "\"outputs_crc\":77}"));
}

TEST(status_has_no_gauge_that_is_not_set) {
  StatusLine status;
  status.id = "cam-1";
  status.gauges.set_signed(Gauge::kRssi, -61);
  char to[kEventLineBytes];
  const std::string line = string_of(write_status_line(status, Span<char>(to)));
  CHECK(line.find("\"rssi_dbm\":-61") != std::string::npos);
  CHECK(line.find("heap") == std::string::npos);
  CHECK(line.find("\"model\"") == std::string::npos);
}

TEST(the_longest_status_boot_and_about_fit_their_lines) {
  const std::string longest(kSentenceBytes - 1, '"');  // each quote takes two
  const std::string id(32, 'x');
  const std::string uri(128, 'b');
  StatusLine status;
  status.id = id.c_str();
  status.boot = status.uptime_s = status.epoch = status.inferences = UINT32_MAX;
  status.reset = "interrupt watchdog";
  status.firmware = "cutpoint 0.3.0-12-gabcdef012-dirty";
  status.board = "esp32-s3-devkit";
  status.network = "ethernet";
  status.address = "255.255.255.255";
  status.broker = uri.c_str();
  status.trouble = longest.c_str();
  status.model = "m0123456789m0123456789m0123456789m0123456789m0123456789m01234567";
  status.operators = status.on_board = status.cut = UINT16_MAX;
  status.input = "camera";
  status.energy = "measured";
  for (uint8_t i = 0; i < kGauges; ++i) {
    status.gauges.set(static_cast<Gauge>(i), 0x80000000u);
  }
  char to[kEventLineBytes];
  CHECK(!write_status_line(status, Span<char>(to)).empty());

  const BootLine boot = {id.c_str(), UINT32_MAX, status.firmware, status.board, status.reset, true, longest.c_str()};
  CHECK(!write_boot_line(boot, Span<char>(to)).empty());

  About about;
  about.operators = UINT16_MAX;
  about.boot = about.free_ram = about.max_payload = about.slot_bytes = UINT32_MAX;
  about.firmware = status.firmware;
  about.app = "0.3.0-12-gabcdef012-dirty";
  about.idf = "v5.5.1-dirty";
  about.board = status.board;
  about.chip = "esp32-s3";
  about.engine = "tflm-reference";
  about.jpeg = about.safe_mode = about.calibrated = true;
  about.tables = about.history = UINT32_MAX;
  about.reset = status.reset;
  about.energy = "modelled";
  about.crash = longest.c_str();
  const std::vector<uint8_t> every_second(8192, 0x55);
  about.cuts = CutSet(Bytes(every_second.data(), every_second.size()));
  about.overlap = true;
  char room[kAboutBytes];
  CHECK(!write_about(about, Span<char>(room)).empty());
}

TEST(about_tells_the_cuts_that_there_is_memory_for) {
  struct Case {
    std::vector<uint8_t> bits;
    uint16_t operators;
    const char* told;
  };
  for (const Case& one : {Case{{0xFF, 0x03}, 9, nullptr}, Case{{}, 9, nullptr}, Case{{0x3F, 0x02}, 9, "0-5,9"},
                          Case{{0x01}, 9, "0"}, Case{{0xFE, 0x01}, 9, "1-8"}, Case{{0x54}, 7, "2,4,6"}}) {
    About about;
    about.operators = one.operators;
    about.overlap = true;
    about.cuts = CutSet(Bytes(one.bits.data(), one.bits.size()));
    char to[kAboutBytes];
    const std::string text = string_of(write_about(about, Span<char>(to)));
    CHECK(text.find("\"overlap\":true") != std::string::npos);
    CHECK_EQ(text.find("\"cuts\"") == std::string::npos, one.told == nullptr);
    if (one.told != nullptr) {
      CHECK(text.find("\"cuts\":\"" + std::string(one.told) + "\",") != std::string::npos);
    }
  }
}

TEST(about_tells_the_first_of_many_cuts) {
  const std::vector<uint8_t> every_second(40, 0x55);
  About about;
  about.operators = 319;
  about.cuts = CutSet(Bytes(every_second.data(), every_second.size()));
  char to[kAboutBytes];
  const std::string text = string_of(write_about(about, Span<char>(to)));
  const size_t from = text.find("\"cuts\":\"0,2,4,") + 8;
  const size_t size = text.find('"', from) - from;
  CHECK(size > kMostCutsText - 15 && size <= kMostCutsText);
}

TEST(about_tells_the_codecs_and_the_version_of_the_tables) {
  About about;
  about.operators = 59;
  about.calibrated = true;
  about.tables = 0x0A1B2C3D;
  about.history = 4608;
  char to[kAboutBytes];
  std::string text = string_of(write_about(about, Span<char>(to)));
  CHECK(text.find("\"codecs\":[\"raw\",\"bitmap\",\"lowbit\",\"rans\",\"slicer\",\"delta\"],"
                  "\"tables\":\"0a1b2c3d\",\"history\":4608,") != std::string::npos);
  about.history = 0;  // a memory of nothing is of no use
  about.jpeg = true;
  text = string_of(write_about(about, Span<char>(to)));
  CHECK(text.find("\"codecs\":[\"raw\",\"bitmap\",\"jpeg\",\"lowbit\",\"rans\",\"slicer\"],") != std::string::npos);
  CHECK(text.find("\"history\":0,") != std::string::npos);
}

TEST(about_leaves_out_what_is_unknown) {
  About about;
  about.model = {{0xAB, 0xCD, 0xEF, 0x01}};
  about.operators = 59;
  about.boot = 12;
  char to[kAboutBytes];
  CHECK_EQ(string_of(write_about(about, Span<char>(to))),
           std::string("{\"model\":\"abcdef01\",\"operators\":59,\"boot\":12,\"codecs\":[\"raw\",\"bitmap\"],"
                       "\"partial\":true,\"update\":\"off\"}"));
}

TEST(every_sentence_fits_a_note_even_one_of_quotes) {
  Sentence quotes;
  for (size_t i = 0; i < kSentenceBytes; ++i) {
    quotes.add("\"");
  }
  char to[kMaxNoteBytes + 1];
  for (NoteKind kind : {NoteKind::kModel, NoteKind::kReset, NoteKind::kError}) {
    CHECK(!write_note(kind, quotes.text(), Span<char>(to)).empty() || quotes.size() * 2 > kMaxNoteBytes - 32);
  }
  Sentence usual;
  for (size_t i = 0; i < kSentenceBytes; ++i) {
    usual.add("x");
  }
  CHECK(!write_note(NoteKind::kError, usual.text(), Span<char>(to)).empty());
  CHECK(!write_update_note(UpdateKind::kFirmware, UpdateState::kReceiving, UINT32_MAX, UINT32_MAX, usual.text(),
                           Span<char>(to)).empty());
}

TEST(a_note_is_printed_whole_behind_its_word) {
  char note[kMaxNoteBytes + 1];
  char line[kMaxNoteBytes + 16];
  const Text json = write_note(NoteKind::kReset, "Life 3 died early by panic.", Span<char>(note));
  CHECK_EQ(string_of(write_note_line(json, Span<char>(line))),
           std::string("@note {\"note\":\"reset\",\"text\":\"Life 3 died early by panic.\"}"));
  CHECK(write_note_line(json, Span<char>(line, json.size() + 6)).empty());
}
