#include "app_update.h"

#include "esp_log.h"
#include "esp_ota_ops.h"
#include "state_store.h"

namespace cutpoint::esp32 {
namespace {

constexpr char kTag[] = "firmware";
constexpr char kNamespace[] = "update";
constexpr char kTriedKey[] = "tried";  // 1 from select_new() until the outcome is known

void note_trial(bool tried) {
  const uint8_t byte = tried ? 1 : 0;
  if (!store_state(kNamespace, kTriedKey, Bytes(&byte, 1))) {
    ESP_LOGW(kTag, "the trial of a new application cannot be noted in flash; its outcome will not be told");
  }
}

bool trial_noted() {
  uint8_t byte = 0;
  return load_state(kNamespace, kTriedKey, MutableBytes(&byte, 1)) == 1 && byte == 1;
}

bool pending(const esp_partition_t* running) {
  esp_ota_img_states_t state = ESP_OTA_IMG_UNDEFINED;
  return esp_ota_get_state_partition(running, &state) == ESP_OK && state == ESP_OTA_IMG_PENDING_VERIFY;
}

}  // namespace

bool AppUpdate::begin() {
  const esp_partition_t* running = esp_ota_get_running_partition();
  on_trial_ = pending(running);
  if (!on_trial_ && trial_noted()) {
    // A bootloader without rollback keeps the new application; one with it leaves a mark where it gave up.
    returned_ = esp_ota_get_last_invalid_partition() != nullptr;
    note_trial(false);
  }
  offer_area();
  if (on_trial_) {
    ESP_LOGI(kTag, "this application runs on trial from %s", running->label);
  }
  return esp_ota_get_next_update_partition(nullptr) != nullptr;
}

bool AppUpdate::select_new(device::Sentence& why) {
  why.clear();
  const esp_partition_t* partition = area_.partition();
  if (partition == nullptr) {
    why.add("there is no partition for another application now");
    return false;
  }
  note_trial(true);
  const esp_err_t result = esp_ota_set_boot_partition(partition);
  if (result != ESP_OK) {
    note_trial(false);
    why.add("ESP-IDF does not take the new application: ").add(esp_err_to_name(result));
    return false;
  }
  area_.set(nullptr);  // nothing may be written over it any more
  return true;
}

bool AppUpdate::keep() {
  if (!on_trial_) {
    return true;
  }
  const esp_err_t result = esp_ota_mark_app_valid_cancel_rollback();
  if (result != ESP_OK) {
    ESP_LOGE(kTag, "the new application cannot be kept: %s", esp_err_to_name(result));
    return false;
  }
  on_trial_ = false;
  note_trial(false);
  offer_area();
  return true;
}

void AppUpdate::roll_back() {
  if (on_trial_) {
    const esp_err_t result = esp_ota_mark_app_invalid_rollback_and_reboot();
    ESP_LOGE(kTag, "there is no application to return to: %s", esp_err_to_name(result));
  }
}

// While the running application is on trial the other one is the way back, and nobody's to write.
void AppUpdate::offer_area() {
  area_.set(on_trial_ ? nullptr : esp_ota_get_next_update_partition(nullptr));
}

}  // namespace cutpoint::esp32
