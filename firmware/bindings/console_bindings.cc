// The console of a board for Python: its help, the line taken apart, and commands carried out on a Python object.
#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>

#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "console/console.h"
#include "python_ports.h"
#include "serial/demux.h"

namespace nb = nanobind;

namespace cutpoint {
namespace {

using device::Text;

nb::list console_help() {
  nb::list rows;
  for (const device::CommandHelp& row : device::console_help()) {
    rows.append(nb::make_tuple(row.name, row.form, row.text));
  }
  return rows;
}

// None for a line that is a command, else the sentence of its refusal.
nb::object console_refusal(const std::string& line) {
  device::ConsoleCommand command;
  device::Sentence why;
  if (device::parse_command(Text(line.data(), line.size()), command, why)) {
    return nb::none();
  }
  return nb::str(why.text());
}

nb::bytes to_bytes(Text text) { return nb::bytes(text.data(), text.size()); }
nb::str to_str(Text text) { return nb::str(text.data(), text.size()); }

class PythonDemux final : public device::PictureSink {
 public:
  explicit PythonDemux(nb::object begin_picture) : begin_picture_(std::move(begin_picture)), demux_(*this) {}

  nb::list push(nb::handle data, uint32_t now_ms) {
    const BytesView view(data);
    Bytes bytes = view.get();
    nb::list said;
    device::SerialEvent event;
    do {
      bytes = bytes.from(demux_.push(bytes, now_ms, event));
      add(said, event);
    } while (event.kind != device::SerialEventKind::kNone);
    kept_.rethrow();
    return said;
  }

  MutableBytes begin_picture(uint32_t bytes, const char*& why) override {
    const bool taken = kept_.guard([&] {
      const nb::object refused = begin_picture_(bytes);
      if (refused.is_none()) {
        picture_.resize(bytes);
        return true;
      }
      why_ = nb::cast<std::string>(refused);
      return false;
    });
    why = why_.c_str();
    return taken ? MutableBytes(picture_.data(), picture_.size()) : MutableBytes();
  }
  void end_picture(bool) override {}

 private:
  void add(nb::list& said, const device::SerialEvent& event) const {
    switch (event.kind) {
      case device::SerialEventKind::kNone:
        return;
      case device::SerialEventKind::kLine:
        return said.append(nb::make_tuple("line", to_bytes(event.line)));
      case device::SerialEventKind::kLineRefused:
        return said.append(nb::make_tuple("line_refused", event.why));
      case device::SerialEventKind::kImprov:
        return said.append(nb::make_tuple("improv", nb::make_tuple(event.improv.type, to_python(event.improv.data))));
      case device::SerialEventKind::kImprovRefused:
        return said.append(nb::make_tuple("improv_refused", nb::none()));
      case device::SerialEventKind::kPicture:
        return said.append(nb::make_tuple("picture", nb::bytes(picture_.data(), picture_.size())));
      case device::SerialEventKind::kPictureRefused:
        return said.append(nb::make_tuple("picture_refused", event.why));
    }
  }

  Kept kept_;
  nb::object begin_picture_;
  std::vector<uint8_t> picture_;
  std::string why_;
  device::SerialDemux demux_;
};

// Board, store and output of a console in one Python object.
class PythonTarget final : public device::ConsoleTarget, public device::SettingStore, public device::ConsoleOutput {
 public:
  PythonTarget(nb::object target, Kept& kept) : target_(std::move(target)), kept_(kept) {}

  void line(Text text) override { tell("line", to_str(text)); }
  void status(device::ConsoleOutput&) override { answer("status"); }
  void wifi(device::ConsoleOutput&) override { answer("wifi"); }
  void mqtt(device::ConsoleOutput&) override { answer("mqtt"); }
  void model(device::ConsoleOutput&) override { answer("model"); }
  void cut(device::CutOrder order, uint16_t operators, device::Sentence&) override {
    constexpr const char* names[] = {"show", "fixed", "auto"};
    answer("cut", names[static_cast<size_t>(order)], operators);
  }
  void bench(uint16_t inferences, device::Sentence&) override { answer("bench", inferences); }
  void set_log(device::LogLevel level) override {
    const device::SettingRule& rule = *device::find_setting(device::text_of("log"));
    tell("set_log", to_str(device::choice_word(rule, static_cast<uint32_t>(level))));
  }
  void restart() override { tell("restart"); }
  void hang() override { tell("hang"); }
  void changed(const device::SettingRule& rule, const device::Settings& settings) override {
    char value[device::kPrintedSettingBytes];
    const size_t size = device::print_setting(settings, rule, Span<char>(value));
    tell("changed", rule.key, to_str(Text(value, size)));
  }
  void saved() override { tell("saved"); }
  bool save(const device::SettingRule& rule, Text text, device::Sentence& why) override {
    return kept_.guard([&] {
      const nb::object refused = target_.attr("save")(rule.key, to_str(text));
      if (refused.is_none()) {
        return true;
      }
      why.add(nb::cast<std::string>(refused).c_str());
      return false;
    });
  }

 private:
  template <typename... Arguments>
  void tell(const char* name, Arguments... arguments) {
    kept_.guard([&] {
      target_.attr(name)(arguments...);
      return true;
    });
  }
  // Not as a Sentence, which ends after 191 characters: `status` is longer.
  template <typename... Arguments>
  void answer(const char* name, Arguments... arguments) {
    kept_.guard([&] {
      target_.attr("line")(target_.attr(name)(arguments...));
      return true;
    });
  }

  nb::object target_;
  Kept& kept_;
};

class PythonConsole {
 public:
  PythonConsole(nb::dict values, nb::object target) : target_(std::move(target), kept_) {
    device::Settings settings;
    for (auto [key, value] : values) {
      const std::string name = nb::cast<std::string>(key);
      const std::string text = nb::cast<std::string>(value);
      device::Sentence why;
      if (!device::apply_setting(settings, Text(name.data(), name.size()), Text(text.data(), text.size()), why)) {
        throw nb::value_error(why.text());
      }
    }
    console_ = std::make_unique<device::Console>(settings, target_, target_, target_);
  }

  void obey(nb::handle line) {
    const BytesView view(line);
    console_->obey(Text(reinterpret_cast<const char*>(view.get().data()), view.get().size()));
    kept_.rethrow();
  }

 private:
  Kept kept_;
  PythonTarget target_;
  std::unique_ptr<device::Console> console_;
};

}  // namespace
}  // namespace cutpoint

void bind_console(nb::module_& m) {
  using namespace nb::literals;
  using cutpoint::PythonConsole;
  using cutpoint::PythonDemux;
  m.def("console_help", &cutpoint::console_help, "Every command of a board's console: (name, form, text).");
  m.def("console_refusal", &cutpoint::console_refusal, "line"_a,
        "Why a board's console refuses a line; None when it is a command.");
  nb::class_<PythonDemux>(m, "SerialDemux")
      .def(nb::init<nb::object>(), "begin_picture"_a)
      .def("push", &PythonDemux::push, "data"_a, "now_ms"_a);
  nb::class_<PythonConsole>(m, "Console")
      .def(nb::init<nb::dict, nb::object>(), "settings"_a, "target"_a)
      .def("obey", &PythonConsole::obey, "line"_a);
}
