#include "setting_text.h"

#include "../../core/bytes.h"

namespace cutpoint::device {
namespace {

bool is_bytes(const SettingRule& rule) { return rule.kind == SettingKind::kHex || rule.kind == SettingKind::kKey; }

// The memory of one setting: that of its rule, and before bytes their count (settings.h).
struct Place {
  size_t at;
  size_t size;
};
Place place_of(const SettingRule& rule) {
  const size_t count = is_bytes(rule) ? 1 : 0;
  return {rule.offset - count, rule.room + count};
}

const uint8_t* memory(const Settings& settings) { return reinterpret_cast<const uint8_t*>(&settings); }

}  // namespace

bool setting_text(const Settings& settings, const SettingRule& rule, Span<char> to, size_t& size) {
  size = 0;
  to[0] = '\0';
  if (rule.kind == SettingKind::kPem) {
    return false;
  }
  const Place place = place_of(rule);
  const uint8_t* bytes = memory(settings) + place.at;
  if (is_bytes(rule)) {
    for (size_t i = 1; i <= bytes[0]; ++i) {
      to[size++] = "0123456789abcdef"[bytes[i] >> 4];
      to[size++] = "0123456789abcdef"[bytes[i] & 0x0Fu];
    }
  } else if (rule.kind == SettingKind::kText) {
    for (; bytes[size] != 0; ++size) {
      to[size] = static_cast<char>(bytes[size]);
    }
  } else {
    size = print_setting(settings, rule, to);  // numbers and choices are no secrets
  }
  to[size] = '\0';
  return true;
}

bool setting_differs(const Settings& a, const Settings& b, const SettingRule& rule) {
  const Place place = place_of(rule);
  return !equal_bytes(memory(a) + place.at, memory(b) + place.at, place.size);
}

void copy_setting(Settings& to, const Settings& from, const SettingRule& rule) {
  const Place place = place_of(rule);
  copy_bytes(reinterpret_cast<uint8_t*>(&to) + place.at, memory(from) + place.at, place.size);
}

}  // namespace cutpoint::device
