// The settings of a board for Python: the one schema, the value of a text, what does not go together.
#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>

#include <array>
#include <string>

#include "bytes.h"
#include "python_bytes.h"
#include "settings/check.h"
#include "settings/identity.h"

namespace nb = nanobind;

namespace cutpoint {
namespace {

using device::Text;

const char* kind_name(device::SettingKind kind) {
  constexpr const char* names[] = {"text", "pem", "choice", "u8", "u16", "u32", "hex", "key"};
  return names[static_cast<size_t>(kind)];
}

nb::str text_of(Text text) { return nb::str(text.data(), text.size()); }

nb::list schema() {
  nb::list rows;
  for (const device::SettingRule& rule : device::settings_schema()) {
    nb::list words;
    for (uint32_t place = 0; rule.kind == device::SettingKind::kChoice && place <= rule.most; ++place) {
      words.append(text_of(device::choice_word(rule, place)));
    }
    rows.append(nb::make_tuple(rule.key, kind_name(rule.kind), rule.secret, rule.least, rule.most, rule.initial,
                               nb::tuple(words), rule.help));
  }
  return rows;
}

Text characters(const std::string& text) { return Text(text.data(), text.size()); }

// The sentence never quotes a secret, so it may travel in an exception.
nb::object setting_value(const std::string& key, const std::string& text) {
  const device::SettingRule* rule = device::find_setting(characters(key));
  if (rule == nullptr) {
    throw nb::key_error(key.c_str());
  }
  device::SettingValue value;
  device::Sentence why;
  if (!device::parse_setting(*rule, characters(text), value, why)) {
    throw nb::value_error(why.text());
  }
  switch (rule->kind) {
    case device::SettingKind::kText:
    case device::SettingKind::kPem:
      return text_of(value.text);
    case device::SettingKind::kHex:
    case device::SettingKind::kKey:
      return to_python(Bytes(value.blob, value.blob_bytes));
    default:
      return nb::int_(value.number);
  }
}

nb::list check(nb::dict values) {
  nb::list found;
  device::Settings settings;
  for (auto [key, value] : values) {
    const std::string name = nb::cast<std::string>(key);
    const std::string text = nb::cast<std::string>(value);
    device::Sentence why;
    if (!device::apply_setting(settings, characters(name), characters(text), why)) {
      found.append(nb::make_tuple(name, why.text()));
    }
  }
  std::array<device::Problem, device::kMaxProblems> problems;
  const size_t count = device::check_settings(settings, Span<device::Problem>(problems.data(), problems.size()));
  for (size_t i = 0; i < count; ++i) {
    found.append(nb::make_tuple(problems[i].key, problems[i].why.text()));
  }
  return found;
}

std::string device_id_of(const std::string& name, const std::string& id, nb::handle mac) {
  const BytesView view(mac);
  device::Settings settings;
  device::Sentence why;
  if (!device::apply_setting(settings, device::text_of("name"), characters(name), why) ||
      !device::apply_setting(settings, device::text_of("id"), characters(id), why)) {
    throw nb::value_error(why.text());
  }
  uint8_t address[6] = {};
  if (view.get().size() != sizeof address) {
    throw nb::value_error("a MAC has 6 bytes");
  }
  copy_bytes(address, view.get().data(), sizeof address);
  char made[device::kDeviceIdBytes] = {};
  device::device_id(settings, address, made);
  return made;
}

}  // namespace
}  // namespace cutpoint

void bind_settings(nb::module_& m) {
  m.def("settings_schema", &cutpoint::schema);
  m.def("setting_value", &cutpoint::setting_value, nb::arg("key"), nb::arg("text"));
  m.def("check_settings", &cutpoint::check, nb::arg("values"));
  m.def("device_id", &cutpoint::device_id_of, nb::arg("name"), nb::arg("id"), nb::arg("mac"));
}
