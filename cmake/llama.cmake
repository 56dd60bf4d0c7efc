# The target `llama::llama`. An installed llama.cpp wins; else the pinned source in third_party/llama.cpp, of which tools/setup has
# built the CPU libraries once for every preset. The GPU presets build it themselves, with its own CMake, since the link line
# depends on the toolkit found.
if(INFEROMETER_ENGINE_BACKEND STREQUAL "cpu")
  find_package(llama CONFIG QUIET)
  if(llama_FOUND)
    add_library(llama::llama ALIAS llama)
    return()
  endif()
endif()

set(llama_source ${CMAKE_SOURCE_DIR}/third_party/llama.cpp)
set(llama_build ${CMAKE_SOURCE_DIR}/third_party/llama-build)
if(NOT EXISTS ${llama_source}/include/llama.h)
  message(FATAL_ERROR "third_party/llama.cpp is missing: run tools/setup first")
endif()

if(INFEROMETER_ENGINE_BACKEND STREQUAL "cpu")
  if(NOT EXISTS ${llama_build}/src/libllama.a)
    message(FATAL_ERROR "third_party/llama-build is missing: run tools/setup first")
  endif()
  add_library(llama_prebuilt INTERFACE)
  target_include_directories(llama_prebuilt SYSTEM INTERFACE ${llama_source}/include ${llama_source}/ggml/include)
  target_link_libraries(llama_prebuilt INTERFACE
    ${llama_build}/src/libllama.a ${llama_build}/ggml/src/libggml.a ${llama_build}/ggml/src/libggml-cpu.a
    ${llama_build}/ggml/src/libggml-base.a Threads::Threads ${CMAKE_DL_LIBS} m)
  add_library(llama::llama ALIAS llama_prebuilt)
  return()
endif()

if(INFEROMETER_ENGINE_BACKEND STREQUAL "vulkan")
  find_package(Vulkan REQUIRED COMPONENTS glslc)
  if(Vulkan_VERSION VERSION_LESS 1.3.272)
    message(FATAL_ERROR "llama.cpp needs Vulkan headers of 1.3.272 or newer, these are ${Vulkan_VERSION} (Debian 12 has 1.3.239): "
                        "unpack newer ones and give -DVulkan_INCLUDE_DIR=FOLDER/include")
  endif()
endif()

if(CMAKE_SYSTEM_PROCESSOR STREQUAL "x86_64")
  # As tools/setup does: docs/decisions/0025.
  string(APPEND CMAKE_C_FLAGS " -mno-amx-tile -mno-amx-int8 -mno-amx-bf16")
  string(APPEND CMAKE_CXX_FLAGS " -mno-amx-tile -mno-amx-int8 -mno-amx-bf16")
endif()
set(BUILD_SHARED_LIBS OFF)
set(LLAMA_BUILD_COMMON OFF)
set(LLAMA_BUILD_TESTS OFF)
set(LLAMA_BUILD_TOOLS OFF)
set(LLAMA_BUILD_EXAMPLES OFF)
set(LLAMA_BUILD_SERVER OFF)
set(LLAMA_BUILD_APP OFF)
set(GGML_OPENMP OFF)
string(TOUPPER ${INFEROMETER_ENGINE_BACKEND} backend_upper)
set(GGML_${backend_upper} ON)
add_subdirectory(${llama_source} ${CMAKE_BINARY_DIR}/llama EXCLUDE_FROM_ALL SYSTEM)
add_library(llama::llama ALIAS llama)
