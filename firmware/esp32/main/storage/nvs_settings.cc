#include "nvs_settings.h"

#include <stdlib.h>
#include <string.h>

#include "esp_log.h"
#include "nvs_flash.h"
#include "nvs_handle.h"
#include "state_store.h"

namespace cutpoint::esp32 {
namespace {

using device::SettingKind;
using device::SettingRule;
using device::SettingValue;
using device::Settings;

constexpr char kTag[] = "settings";
constexpr size_t kTextRoom = device::kMaxPemBytes + 1;

// Wipes what it held: texts of this size may be private keys. By malloc, since a failing `new (std::nothrow)` ends in
// abort() in ESP-IDF without exceptions.
class TextRoom {
 public:
  TextRoom() : text_(static_cast<char*>(malloc(kTextRoom))) {}
  TextRoom(const TextRoom&) = delete;
  TextRoom& operator=(const TextRoom&) = delete;
  ~TextRoom() {
    if (text_ != nullptr) {
      memset(text_, 0, kTextRoom);
      __asm__ volatile("" : : "r"(text_) : "memory");  // so that the wiping is not taken for useless
      free(text_);
    }
  }
  char* get() const { return text_; }

 private:
  char* text_;
};

esp_err_t begin_partition(const char* label) {
  esp_err_t result = nvs_flash_init_partition(label);
  if (result == ESP_ERR_NVS_NO_FREE_PAGES || result == ESP_ERR_NVS_NEW_VERSION_FOUND) {
    ESP_LOGE(kTag, "the partition %s cannot be read (%s) and is made anew; what it held is gone", label,
             esp_err_to_name(result));
    result = nvs_flash_erase_partition(label);
    if (result == ESP_OK) {
      result = nvs_flash_init_partition(label);
    }
  }
  if (result != ESP_OK) {
    ESP_LOGE(kTag, "the partition %s cannot be used: %s", label, esp_err_to_name(result));
  }
  return result;
}

esp_err_t read_value(nvs_handle_t nvs, const SettingRule& rule, char* room, SettingValue& value) {
  uint8_t byte = 0;
  uint16_t word = 0;
  size_t count = kTextRoom;
  esp_err_t result = ESP_OK;
  switch (rule.kind) {
    case SettingKind::kText:
    case SettingKind::kPem:
      result = nvs_get_str(nvs, rule.key, room, &count);
      value.text = device::Text(room, result == ESP_OK && count > 0 ? count - 1 : 0);
      return result;
    case SettingKind::kChoice:
    case SettingKind::kU8:
      result = nvs_get_u8(nvs, rule.key, &byte);
      value.number = byte;
      return result;
    case SettingKind::kU16:
      result = nvs_get_u16(nvs, rule.key, &word);
      value.number = word;
      return result;
    case SettingKind::kU32:
      return nvs_get_u32(nvs, rule.key, &value.number);
    case SettingKind::kHex:
    case SettingKind::kKey:
      count = sizeof value.blob;
      result = nvs_get_blob(nvs, rule.key, value.blob, &count);
      value.blob_bytes = result == ESP_OK ? static_cast<uint8_t>(count) : 0;
      return result;
  }
  return ESP_ERR_NVS_TYPE_MISMATCH;
}

esp_err_t write_value(nvs_handle_t nvs, const SettingRule& rule, char* room, const SettingValue& value) {
  switch (rule.kind) {
    case SettingKind::kText:
    case SettingKind::kPem:
      if (value.text.empty()) {
        return nvs_erase_key(nvs, rule.key);
      }
      memcpy(room, value.text.data(), value.text.size());  // it need not end in a zero
      room[value.text.size()] = '\0';
      return nvs_set_str(nvs, rule.key, room);
    case SettingKind::kChoice:
    case SettingKind::kU8:
      return nvs_set_u8(nvs, rule.key, static_cast<uint8_t>(value.number));
    case SettingKind::kU16:
      return nvs_set_u16(nvs, rule.key, static_cast<uint16_t>(value.number));
    case SettingKind::kU32:
      return nvs_set_u32(nvs, rule.key, value.number);
    case SettingKind::kHex:
    case SettingKind::kKey:
      return value.blob_bytes == 0 ? nvs_erase_key(nvs, rule.key)
                                   : nvs_set_blob(nvs, rule.key, value.blob, value.blob_bytes);
  }
  return ESP_ERR_NVS_TYPE_MISMATCH;
}

}  // namespace

bool begin_nvs() {
  const esp_err_t settings = begin_partition(NVS_DEFAULT_PART_NAME);
  return begin_partition(kStatePartition) == ESP_OK && settings == ESP_OK;
}

bool load_settings(Settings& settings) {
  settings = Settings();
  const NvsHandle nvs(NVS_DEFAULT_PART_NAME, device::kSettingsNamespace, NVS_READONLY);
  if (!nvs.open()) {
    return nvs.absent();
  }
  const TextRoom room;
  if (room.get() == nullptr) {
    ESP_LOGE(kTag, "no memory to read the settings");
    return false;
  }
  for (const SettingRule& rule : device::settings_schema()) {
    SettingValue value;
    device::Sentence why;
    const esp_err_t result = read_value(nvs.get(), rule, room.get(), value);
    if (result == ESP_ERR_NVS_NOT_FOUND) {
      continue;
    }
    if (result != ESP_OK) {
      ESP_LOGW(kTag, "%s cannot be read (%s) and is at its default; set it again", rule.key, esp_err_to_name(result));
    } else if (!device::put_setting(settings, rule, value, why)) {
      ESP_LOGW(kTag, "%s; it is at its default", why.text());
    }
  }
  return true;
}

bool save_setting(Settings& settings, device::Text key, device::Text text, device::Sentence& why) {
  why.clear();
  const SettingRule* rule = device::find_setting(key);
  SettingValue value;
  if (rule == nullptr) {
    return device::apply_setting(settings, key, text, why);  // which says that there is none
  }
  if (!device::parse_setting(*rule, text, value, why)) {
    return false;
  }
  const NvsHandle nvs(NVS_DEFAULT_PART_NAME, device::kSettingsNamespace, NVS_READWRITE);
  const TextRoom room;
  esp_err_t result = nvs.result();
  if (nvs.open()) {
    result = room.get() == nullptr ? ESP_ERR_NO_MEM : write_value(nvs.get(), *rule, room.get(), value);
    if (result == ESP_ERR_NVS_NOT_FOUND) {
      result = ESP_OK;  // what was to be taken away is not there
    }
    if (result == ESP_OK) {
      result = nvs_commit(nvs.get());
    }
  }
  if (result != ESP_OK) {
    why.add(rule->key).add(" could not be stored: ").add(esp_err_to_name(result));
    return false;
  }
  return device::put_setting(settings, *rule, value, why);
}

size_t read_text(const char* key, char* to, size_t room) {
  const NvsHandle nvs(NVS_DEFAULT_PART_NAME, device::kSettingsNamespace, NVS_READONLY);
  size_t count = room;
  return nvs.open() && nvs_get_str(nvs.get(), key, to, &count) == ESP_OK ? count : 0;
}

}  // namespace cutpoint::esp32
