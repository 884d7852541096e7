// libFuzzer target: hostile bytes on the serial line, through everything that reads them: demultiplexer, console,
// settings, Improv. Whatever is typed, no secret that the board holds is ever written, and every line is printable.
//
// The input is a row of pieces, each after a control byte that says how long it is and how much time goes by.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "bytes.h"
#include "console/console.h"
#include "serial/demux.h"
#include "serial/improv_service.h"

using namespace cutpoint;
using namespace cutpoint::device;

namespace {

constexpr char kSecret[] = "Zq7-held-secret";
constexpr char kSecretStart[] = "a55aa55a";
constexpr char kSecretHex[] = "a55aa55aa55aa55aa55aa55aa55aa55aa55aa55aa55aa55aa55aa55aa55aa55a";

void must(bool held) {
  if (!held) {
    std::abort();
  }
}

class Output final : public ConsoleOutput, public ImprovOutput {
 public:
  void line(Text text) override {
    const std::string seen(text.data(), text.size());
    must(seen.find(kSecret) == std::string::npos && seen.find(kSecretStart) == std::string::npos);
    for (const char character : seen) {
      must(character >= ' ' && character <= '~');
    }
  }
  void packet(Bytes packet) override {
    ImprovPacket read;
    must(read_improv(packet, read) == Status::kOk);
    must(std::string(packet.begin(), packet.end()).find(kSecret) == std::string::npos);
  }
};

class Board final : public ConsoleTarget, public SettingStore, public ImprovTarget, public PictureSink {
 public:
  void status(ConsoleOutput&) override {}
  void cut(CutOrder, uint16_t, Sentence& said) override { said.add("cut"); }
  void bench(uint16_t inferences, Sentence&) override { must(inferences >= 1 && inferences <= kMostBenchInferences); }
  void wifi(ConsoleOutput&) override {}
  void mqtt(ConsoleOutput&) override {}
  void model(ConsoleOutput&) override {}
  void set_log(LogLevel level) override { must(level <= LogLevel::kDebug); }
  void restart() override {}
  void hang() override {}
  void changed(const SettingRule&, const Settings&) override {}
  bool save(const SettingRule& rule, Text text, Sentence& why) override {
    // What the console hands to flash is read again by the same rules.
    SettingValue value;
    must(parse_setting(rule, text, value, why));
    return !fails;
  }
  bool has_wifi() override { return true; }
  bool online() override { return is_online; }
  bool join(Text ssid, Text password) override {
    must(!ssid.empty() && ssid.size() <= kMaxSsidBytes && password.size() <= kMaxPasswordBytes);
    return !fails;
  }
  void go_back() override {}
  bool keep(Text ssid, Text password) override {
    Sentence why;
    return console->keep("wifi_ssid", ssid, why) && console->keep("wifi_pass", password, why);
  }
  const char* firmware() override { return "cutpoint"; }
  const char* version() override { return "1"; }
  const char* chip() override { return "esp32"; }
  const char* device() override { return "bench-1"; }
  int scan() override { return fails ? -1 : 2; }
  bool heard(int index, HeardNetwork& network) override {
    network = {text_of("net"), -40 - index, true};
    return true;
  }
  MutableBytes begin_picture(uint32_t bytes, const char*& why) override {
    must(!filling);
    if (bytes > 300 || fails) {
      why = "none of this size";
      return MutableBytes();
    }
    picture.assign(bytes, 0);
    filling = true;
    return MutableBytes(picture.data(), picture.size());
  }
  void end_picture(bool) override {
    must(filling);
    filling = false;
    picture.clear();
    picture.shrink_to_fit();  // a write behind the end of the packet is seen
  }

  Console* console = nullptr;
  bool fails = false;
  bool is_online = false;
  bool filling = false;
  std::vector<uint8_t> picture;
};

struct Line {
  Line() : console(settings(), board, board, output), service(board, output), demux(board) { board.console = &console; }

  static Settings settings() {
    Settings settings;
    Sentence why;
    must(apply_setting(settings, text_of("wifi_pass"), text_of(kSecret), why));
    must(apply_setting(settings, text_of("mqtt_pass"), text_of(kSecret), why));
    must(apply_setting(settings, text_of("aead_key"), text_of(kSecretHex), why));
    must(apply_setting(settings, text_of("tls_psk"), text_of(kSecretHex), why));
    return settings;
  }

  void serve(const SerialEvent& event) {
    switch (event.kind) {
      case SerialEventKind::kLine:
        must(event.line.size() >= 1 && event.line.size() <= kConsoleLineBytes);
        return console.obey(event.line);
      case SerialEventKind::kImprov:
        return service.take(event.improv, now_ms);
      case SerialEventKind::kImprovRefused:
        return service.refused();
      case SerialEventKind::kLineRefused:
      case SerialEventKind::kPictureRefused:
        return must(event.why[0] != '\0');
      default:
        return;
    }
  }

  void take(Bytes bytes) {
    SerialEvent event;
    do {
      const size_t taken = demux.push(bytes, now_ms, event);
      must(taken <= bytes.size());
      bytes = bytes.from(taken);
      serve(event);
    } while (event.kind != SerialEventKind::kNone);
    must(bytes.empty());
    demux.tick(now_ms, event);
    serve(event);
    service.tick(now_ms);
  }

  Board board;
  Output output;
  Console console;
  ImprovService service;
  SerialDemux demux;
  uint32_t now_ms = 4294960000u;  // the counter wraps soon
};

// So that packets come through: a head with its sum or size is put before the piece.
std::vector<uint8_t> dressed(uint8_t control, Bytes piece) {
  std::vector<uint8_t> bytes;
  if ((control & 0x30) == 0x10) {
    bytes.resize(kImprovOverheadBytes + piece.size());
    size_t size = 0;
    must(write_improv(static_cast<uint8_t>(ImprovType::kCommand), piece, MutableBytes(bytes.data(), bytes.size()), size) ==
         Status::kOk);
  } else if ((control & 0x30) == 0x20) {
    uint8_t head[kPictureHeadBytes];
    write_picture_head(piece, head);
    bytes.assign(head, head + sizeof head);
    bytes.insert(bytes.end(), piece.begin(), piece.end());
  } else {
    bytes.assign(piece.begin(), piece.end());
    if ((control & 0x30) == 0x30) {
      bytes.push_back('\n');
    }
  }
  return bytes;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  // Who types a secret may see it quoted.
  const std::string typed(reinterpret_cast<const char*>(data), size);
  if (typed.find("held-s") != std::string::npos || typed.find("a55a") != std::string::npos) {
    return 0;
  }
  Line line;
  Bytes left(data, size);
  while (left.size() >= 2) {
    const uint8_t control = left[0];
    const size_t count = left[1] < left.size() - 2 ? left[1] : left.size() - 2;
    const Bytes piece = left.slice(2, count);
    left = left.from(2 + count);
    line.now_ms += (control & 1) != 0 ? 2500 : 3;
    line.board.fails = (control & 2) != 0;
    line.board.is_online = (control & 4) != 0;
    const std::vector<uint8_t> bytes = dressed(control, piece);
    line.take(Bytes(bytes.data(), bytes.size()));
  }
  return 0;
}
