#include "analyze/files_ahead.h"

#include <algorithm>

namespace inferometer::analyze {
namespace {

constexpr std::size_t kPlacesPerThread = 2;   // one to load into, one that waits
constexpr std::size_t kFewestFilesAhead = 8;  // for fewer, starting a thread is not worth it
constexpr unsigned kMostThreads = 4;          // bounds the memory: 9 files of kMostKeptBytes, with their records

unsigned ThreadsFor(std::size_t files) {
  return files < kFewestFilesAhead ? 0 : std::clamp(std::thread::hardware_concurrency(), 1U, kMostThreads);
}

}  // namespace

FilesAhead::FilesAhead(std::span<const FoundFile> files, std::optional<unsigned> threads) : files_(files) {
  const unsigned count = threads.value_or(ThreadsFor(files.size()));
  for (std::size_t i = 0; i < count * kPlacesPerThread + 1; ++i) places_.push_back(std::make_unique<Place>());
  for (unsigned i = 0; i < count; ++i) threads_.emplace_back([this] { Work(); });
}

FilesAhead::~FilesAhead() {
  {
    const std::lock_guard lock(mutex_);
    is_over_ = true;
  }
  has_room_.notify_all();
  threads_.clear();  // joins
}

void FilesAhead::Work() {
  std::unique_lock lock(mutex_);
  while (true) {
    has_room_.wait(lock, [&] { return is_over_ || next_ == files_.size() || next_ < done_ + places_.size(); });
    if (is_over_ || next_ == files_.size()) return;
    const std::size_t file = next_++;
    Place& place = PlaceOf(file);
    lock.unlock();
    place.status = place.records.Load(files_[file], RecordFile::kMostKeptBytes);
    lock.lock();
    place.is_loaded = true;
    has_loaded_.notify_one();
  }
}

LoadedFile FilesAhead::Next() {
  const FoundFile& file = files_[given_];
  Place& place = PlaceOf(given_);
  bool is_to_load = threads_.empty();
  if (!is_to_load) {
    std::unique_lock lock(mutex_);
    done_ = given_;
    has_room_.notify_all();
    has_loaded_.wait(lock, [&] { return place.is_loaded; });
    place.is_loaded = false;
    is_to_load = place.status.code() == Code::kResourceExhausted;
  }
  if (is_to_load) place.status = place.records.Load(file);
  ++given_;
  return {file.path, place.records, place.status};
}

}  // namespace inferometer::analyze
