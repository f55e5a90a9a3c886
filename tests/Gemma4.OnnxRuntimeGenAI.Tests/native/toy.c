/*
 * A stand-in for onnxruntime-genai for tests: the exports the engine uses, over a model whose logits are a hash of all
 * tokens so far. It keeps the habits of the real library that can hurt: objects are counted and a shutdown over living
 * ones aborts, so does an exit without a shutdown; a failed or terminated append leaves its tokens in the sequence; a
 * rewind without a shared buffer fails half done. Calls from two threads into one model are recorded as violations.
 *
 * Compiled with -DTOY_OLD it lacks the exports that came after version 0.8.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define EXPORT __attribute__((visibility("default")))

enum { CONFIG, MODEL, PARAMS, GENERATOR, TENSOR, ADAPTERS, RESULT, STRING, KINDS };

static const char *kind_names[KINDS] = {"config", "model", "params", "generator", "tensor", "adapters", "result", "string"};
static atomic_int alive[KINDS];
static atomic_int violations;
static char first_violation[256];
static atomic_int shutdowns;
static atomic_int used;
static atomic_int slow_steps;
static atomic_int generators_made;
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;

/* Settings that a test may change. */
static int set_dtype = 1, set_slow_ms, set_evict_after = 1 << 30, set_ignore_terminate, set_pad, set_log, set_multimodal, set_width;

static char fail_name[64];
static int fail_after;
static char fail_message[256];

typedef struct { char *message; } Result;
typedef struct { int magic, vocabulary, context, shares_buffer; char provider[64]; char type[32]; } Config;
typedef struct { int magic; atomic_int references, inside; Config config; } Model;
typedef struct { int magic; Model *model; double max_length; int shares_buffer; } Params;
typedef struct { int magic; Model *model; int names; char name[16][512]; } Adapters;
typedef struct {
    int magic;
    Model *model;
    int max_length, shares_buffer, length;
    int *tokens;
    atomic_int terminated;
    uint64_t adapter, stale;
} Generator;
typedef struct { int magic, type; int64_t shape[3]; void *data; } Tensor;

static void violation(const char *text) {
    if (atomic_fetch_add(&violations, 1) == 0) snprintf(first_violation, sizeof first_violation, "%s", text);
}

static void *make(int kind, size_t size) {
    int *object = calloc(1, size);
    atomic_fetch_add(&alive[kind], 1);
    atomic_store(&used, 1);
    object[0] = 0x70590000 + kind;
    return object;
}

static bool valid(int kind, const void *object, const char *function) {
    if (object && *(const int *)object == 0x70590000 + kind) return true;
    char text[128];
    snprintf(text, sizeof text, "%s was given something that is no living %s", function, kind_names[kind]);
    violation(text);
    return false;
}

static void unmake(int kind, void *object) {
    *(int *)object = 0;
    atomic_fetch_sub(&alive[kind], 1);
    free(object);
}

static Result *error(const char *message) {
    Result *result = malloc(sizeof *result);
    result->message = strdup(message);
    atomic_fetch_add(&alive[RESULT], 1);
    return result;
}

/* The fault a test asked for, at the call it asked for. */
static Result *fault(const char *function) {
    Result *result = NULL;
    pthread_mutex_lock(&gate);
    if (strcmp(fail_name, function) == 0 && fail_after-- == 0) {
        fail_name[0] = 0;
        result = error(fail_message);
    }
    pthread_mutex_unlock(&gate);
    return result;
}

#define FAULT(function) do { Result *wanted = fault(#function); if (wanted) return wanted; } while (0)

static void enter(Model *model, const char *function) {
    if (atomic_fetch_add(&model->inside, 1) != 0) {
        char text[128];
        snprintf(text, sizeof text, "%s was called while another thread was inside the same model", function);
        violation(text);
    }
}

static void leave(Model *model) { atomic_fetch_sub(&model->inside, 1); }

static void release_model(Model *model) {
    if (atomic_fetch_sub(&model->references, 1) == 1) unmake(MODEL, model);
}

/* ---- controls for tests ---- */

EXPORT int ToyAlive(const char *kind) {
    for (int i = 0; i < KINDS; i++) if (strcmp(kind, kind_names[i]) == 0) return atomic_load(&alive[i]);
    return -1;
}
EXPORT int ToyViolations(void) { return atomic_load(&violations); }
EXPORT const char *ToyFirstViolation(void) { return first_violation; }
EXPORT int ToySlowSteps(void) { return atomic_load(&slow_steps); }
EXPORT int ToyGeneratorsMade(void) { return atomic_load(&generators_made); }
EXPORT int ToyShutdowns(void) { return atomic_load(&shutdowns); }
EXPORT void ToyFail(const char *function, int after, const char *message) {
    pthread_mutex_lock(&gate);
    snprintf(fail_name, sizeof fail_name, "%s", function);
    snprintf(fail_message, sizeof fail_message, "%s", message);
    fail_after = after;
    pthread_mutex_unlock(&gate);
}
EXPORT void ToySet(const char *name, int value) {
    if (strcmp(name, "dtype") == 0) set_dtype = value;
    else if (strcmp(name, "slow_ms") == 0) set_slow_ms = value;
    else if (strcmp(name, "evict_after") == 0) set_evict_after = value;
    else if (strcmp(name, "ignore_terminate") == 0) set_ignore_terminate = value;
    else if (strcmp(name, "pad") == 0) set_pad = value;
    else if (strcmp(name, "log") == 0) set_log = value;
    else if (strcmp(name, "multimodal") == 0) set_multimodal = value;
    else if (strcmp(name, "width") == 0) set_width = value;
    else if (strcmp(name, "reset") == 0) {
        set_dtype = 1; set_slow_ms = 0; set_evict_after = 1 << 30; set_ignore_terminate = 0; set_pad = 0; set_log = 0;
        set_multimodal = 0; set_width = 0; fail_name[0] = 0; atomic_store(&violations, 0); first_violation[0] = 0;
    } else violation("ToySet was given an unknown name");
}

/* ---- lifetime and log ---- */

EXPORT void OgaShutdown(void) {
    for (int i = 0; i < KINDS; i++) {
        int count = atomic_load(&alive[i]);
        if (count) { fprintf(stderr, "toy: %d of %s leaked\n", count, kind_names[i]); abort(); }
    }
    atomic_fetch_add(&shutdowns, 1);
    fprintf(stderr, "toy: shut down\n");
}

static void __attribute__((destructor)) at_exit(void) {
    if (atomic_load(&used) && !atomic_load(&shutdowns)) {
        fprintf(stderr, "toy: exit without shutdown\n");
        if (!set_ignore_terminate) abort();
    }
    if (atomic_load(&violations)) { fprintf(stderr, "toy: violation: %s\n", first_violation); abort(); }
}

EXPORT const char *OgaResultGetError(Result *result) { return result->message; }
EXPORT void OgaDestroyResult(Result *result) {
    free(result->message);
    free(result);
    atomic_fetch_sub(&alive[RESULT], 1);
}
EXPORT void OgaDestroyString(char *text) { free(text); atomic_fetch_sub(&alive[STRING], 1); }

#ifndef TOY_OLD
static void (*log_callback)(const char *, size_t);
static int log_enabled, telemetry = 1;

EXPORT Result *OgaSetLogBool(const char *name, bool value) {
    FAULT(OgaSetLogBool);
    if (strcmp(name, "enabled") == 0) log_enabled = value;
    else if (strcmp(name, "warning") != 0) return error("Unknown log bool");
    return NULL;
}
EXPORT Result *OgaSetLogCallback(void (*callback)(const char *, size_t)) { log_callback = callback; return NULL; }
EXPORT void OgaSetTelemetryEnabled(bool value) { telemetry = value; }
EXPORT int ToyTelemetry(void) { return telemetry; }
#endif

/* ---- config and model ---- */

static int number(const char *json, const char *key, int otherwise) {
    const char *at = strstr(json, key);
    if (!at) return otherwise;
    at = strchr(at, ':') + 1;
    while (*at == ' ' || *at == '\n' || *at == '\r') at++;
    return strncmp(at, "true", 4) == 0 ? 1 : strncmp(at, "false", 5) == 0 ? 0 : atoi(at);
}

EXPORT Result *OgaCreateConfig(const char *folder, Config **out) {
    FAULT(OgaCreateConfig);
    char path[4096];
    snprintf(path, sizeof path, "%s/genai_config.json", folder);
    FILE *file = fopen(path, "rb");
    *out = (Config *)(intptr_t)0xdead; /* what a failed call leaves behind is not an object */
    if (!file) return error("Error opening genai_config.json");
    char *json = calloc(1, 1 << 16);
    size_t read = fread(json, 1, (1 << 16) - 1, file);
    fclose(file);
    if (!read) { free(json); return error("genai_config.json is empty"); }
    Config *config = make(CONFIG, sizeof *config);
    config->vocabulary = number(json, "\"vocab_size\"", 0);
    config->context = number(json, "\"context_length\"", 0);
    config->shares_buffer = number(json, "\"past_present_share_buffer\"", 0);
    snprintf(config->type, sizeof config->type, "gemma4_text");
    free(json);
    *out = config;
    return NULL;
}
EXPORT void OgaDestroyConfig(Config *config) { if (valid(CONFIG, config, "OgaDestroyConfig")) unmake(CONFIG, config); }
EXPORT Result *OgaConfigClearProviders(Config *config) {
    FAULT(OgaConfigClearProviders);
    if (valid(CONFIG, config, "OgaConfigClearProviders")) config->provider[0] = 0;
    return NULL;
}
EXPORT Result *OgaConfigAppendProvider(Config *config, const char *provider) {
    FAULT(OgaConfigAppendProvider);
    if (valid(CONFIG, config, "OgaConfigAppendProvider")) snprintf(config->provider, sizeof config->provider, "%s", provider);
    return NULL;
}
EXPORT Result *OgaConfigSetProviderOption(Config *config, const char *provider, const char *key, const char *value) {
    FAULT(OgaConfigSetProviderOption);
    if (!valid(CONFIG, config, "OgaConfigSetProviderOption") || strcmp(config->provider, provider) != 0) return error("Unknown provider");
    return *key && *value ? NULL : error("Empty provider option");
}
EXPORT Result *OgaConfigOverlay(Config *config, const char *json) {
    FAULT(OgaConfigOverlay);
    if (!valid(CONFIG, config, "OgaConfigOverlay")) return error("no config");
    if (json[0] != '{') return error("JSON Error: Expected {");
    if (strstr(json, "unknown_key")) return error("JSON Error: Unknown value \"unknown_key\" (unknown key)");
    config->shares_buffer = number(json, "\"past_present_share_buffer\"", config->shares_buffer);
    config->context = number(json, "\"context_length\"", config->context);
    return NULL;
}
EXPORT Result *OgaCreateModelFromConfig(Config *config, Model **out) {
    FAULT(OgaCreateModelFromConfig);
    *out = (Model *)(intptr_t)0xdead;
    if (!valid(CONFIG, config, "OgaCreateModelFromConfig")) return error("no config");
    if (config->provider[0]) {
        char text[128];
        snprintf(text, sizeof text, "%s execution provider is not enabled in this build", config->provider);
        return error(text);
    }
    Model *model = make(MODEL, sizeof *model);
    atomic_store(&model->references, 1);
    model->config = *config;
    if (set_multimodal) snprintf(model->config.type, sizeof model->config.type, "gemma4");
    *out = model;
    return NULL;
}
EXPORT Result *OgaModelGetType(Model *model, char **out) {
    FAULT(OgaModelGetType);
    if (!valid(MODEL, model, "OgaModelGetType")) return error("no model");
    *out = strdup(model->config.type);
    atomic_fetch_add(&alive[STRING], 1);
    return NULL;
}
EXPORT void OgaDestroyModel(Model *model) { if (valid(MODEL, model, "OgaDestroyModel")) release_model(model); }

/* ---- generator ---- */

EXPORT Result *OgaCreateGeneratorParams(Model *model, Params **out) {
    FAULT(OgaCreateGeneratorParams);
    if (!valid(MODEL, model, "OgaCreateGeneratorParams")) return error("no model");
    enter(model, "OgaCreateGeneratorParams");
    Params *params = make(PARAMS, sizeof *params);
    atomic_fetch_add(&model->references, 1);
    params->model = model;
    params->max_length = model->config.context;
    params->shares_buffer = model->config.shares_buffer;
    *out = params;
    leave(model);
    return NULL;
}
EXPORT void OgaDestroyGeneratorParams(Params *params) {
    if (!valid(PARAMS, params, "OgaDestroyGeneratorParams")) return;
    Model *model = params->model;
    unmake(PARAMS, params);
    release_model(model);
}
EXPORT Result *OgaGeneratorParamsSetSearchNumber(Params *params, const char *name, double value) {
    FAULT(OgaGeneratorParamsSetSearchNumber);
    if (!valid(PARAMS, params, "OgaGeneratorParamsSetSearchNumber")) return error("no params");
    if (strcmp(name, "max_length") == 0) params->max_length = value;
    else if (strcmp(name, "batch_size") != 0 && strcmp(name, "num_beams") != 0) return error("Unknown value");
    return NULL;
}
EXPORT Result *OgaGeneratorParamsSetSearchBool(Params *params, const char *name, bool value) {
    FAULT(OgaGeneratorParamsSetSearchBool);
    if (!valid(PARAMS, params, "OgaGeneratorParamsSetSearchBool")) return error("no params");
    if (strcmp(name, "past_present_share_buffer") == 0) params->shares_buffer = value;
    else if (strcmp(name, "do_sample") != 0) return error("Unknown value");
    return NULL;
}
#ifndef TOY_OLD
EXPORT Result *OgaGeneratorParamsGetSearchBool(Params *params, const char *name, bool *out) {
    FAULT(OgaGeneratorParamsGetSearchBool);
    if (!valid(PARAMS, params, "OgaGeneratorParamsGetSearchBool")) return error("no params");
    if (strcmp(name, "past_present_share_buffer") != 0) return error("Unknown value");
    *(unsigned char *)out = params->shares_buffer ? 1 : 0;
    return NULL;
}
#endif
EXPORT Result *OgaCreateGenerator(Model *model, Params *params, Generator **out) {
    FAULT(OgaCreateGenerator);
    *out = (Generator *)(intptr_t)0xdead;
    if (!valid(MODEL, model, "OgaCreateGenerator") || !valid(PARAMS, params, "OgaCreateGenerator")) return error("no model");
    if (params->max_length > model->config.context) {
        char text[128];
        snprintf(text, sizeof text, "max_length (%d) cannot be greater than model context_length (%d)", (int)params->max_length, model->config.context);
        return error(text);
    }
    enter(model, "OgaCreateGenerator");
    atomic_fetch_add(&generators_made, 1);
    Generator *generator = make(GENERATOR, sizeof *generator);
    atomic_fetch_add(&model->references, 1);
    generator->model = model;
    generator->max_length = (int)params->max_length;
    generator->shares_buffer = params->shares_buffer;
    generator->tokens = calloc(generator->max_length + 64, sizeof(int));
    *out = generator;
    leave(model);
    return NULL;
}
EXPORT void OgaDestroyGenerator(Generator *generator) {
    if (!valid(GENERATOR, generator, "OgaDestroyGenerator")) return;
    Model *model = generator->model;
    enter(model, "OgaDestroyGenerator");
    leave(model);
    free(generator->tokens);
    unmake(GENERATOR, generator);
    release_model(model);
}

static void *log_from_a_thread_of_its_own(void *text) {
#ifndef TOY_OLD
    if (log_callback && log_enabled) log_callback(text, strlen(text) - 3); /* the length rules, not the zero */
#else
    (void)text;
#endif
    return NULL;
}

EXPORT Result *OgaGenerator_AppendTokens(Generator *generator, const int32_t *tokens, size_t count) {
    FAULT(OgaGenerator_AppendTokens);
    if (!valid(GENERATOR, generator, "OgaGenerator_AppendTokens")) return error("no generator");
    if (count == 0) return error("input_ids is empty");
    if (atomic_load(&generator->terminated)) return error("Session in Terminated state, exiting!");
    if ((int)count + generator->length > generator->max_length) {
        char text[160];
        snprintf(text, sizeof text, "input_ids size (%d) + current sequence length (%d) exceeds max length (%d)", (int)count, generator->length, generator->max_length);
        return error(text);
    }
    enter(generator->model, "OgaGenerator_AppendTokens");
    memcpy(generator->tokens + generator->length, tokens, count * sizeof(int));
    generator->length += (int)count;
    if (set_pad) generator->length += set_pad;
    if (set_log) {
        pthread_t thread;
        pthread_create(&thread, NULL, log_from_a_thread_of_its_own, "größer als XYZ");
        pthread_join(thread, NULL);
    }
    if (set_slow_ms) atomic_fetch_add(&slow_steps, 1);
    for (int waited = 0; waited < set_slow_ms; waited++) {
        if (atomic_load(&generator->terminated) && !set_ignore_terminate) {
            leave(generator->model);
            return error("Exiting due to terminate flag being set to true");
        }
        struct timespec millisecond = {0, 1000000};
        nanosleep(&millisecond, NULL);
    }
    leave(generator->model);
    return NULL;
}
#ifndef TOY_OLD
EXPORT size_t OgaGenerator_TokenCount(const Generator *generator) {
    return valid(GENERATOR, generator, "OgaGenerator_TokenCount") ? (size_t)generator->length : 0;
}
#endif
EXPORT Result *OgaGenerator_RewindTo(Generator *generator, size_t length) {
    FAULT(OgaGenerator_RewindTo);
    if (!valid(GENERATOR, generator, "OgaGenerator_RewindTo")) return error("no generator");
    if ((int)length > generator->length) return error("Cannot rewind to a length greater than the current sequence length");
    enter(generator->model, "OgaGenerator_RewindTo");
    int before = generator->length;
    generator->length = (int)length;
    leave(generator->model);
    const char *refusal = !generator->shares_buffer ? "Requested length of rewind is greater than the current length."
        : before > set_evict_after ? "Cannot rewind past tokens that the window has dropped"
        : NULL;
    /* A refused rewind is half done, and the multimodal type says yes and leaves its cache alone. */
    if (refusal || set_multimodal) generator->stale = 1 + (uint64_t)before;
    return refusal ? error(refusal) : NULL;
}
EXPORT Result *OgaGenerator_SetRuntimeOption(Generator *generator, const char *key, const char *value) {
    FAULT(OgaGenerator_SetRuntimeOption);
    if (!valid(GENERATOR, generator, "OgaGenerator_SetRuntimeOption")) return error("no generator");
    if (strcmp(key, "terminate_session") != 0) return error("SetRuntimeOption key is not expected");
    atomic_store(&generator->terminated, strcmp(value, "1") == 0);
    return NULL;
}

static uint64_t mix(uint64_t value) {
    value ^= value >> 30; value *= 0xbf58476d1ce4e5b9u;
    value ^= value >> 27; value *= 0x94d049bb133111ebu;
    return value ^ (value >> 31);
}

/* Sixteenths between -8 and 8: exact in float32, float16 and bfloat16. */
static uint16_t half(float value) {
    uint32_t bits;
    memcpy(&bits, &value, 4);
    if (value == 0) return 0;
    return (uint16_t)((bits >> 16 & 0x8000) | (((bits >> 23 & 255) - 112) << 10) | (bits >> 13 & 1023));
}

EXPORT Result *OgaGenerator_GetLogits(Generator *generator, Tensor **out) {
    FAULT(OgaGenerator_GetLogits);
    *out = (Tensor *)(intptr_t)0xdead;
    if (!valid(GENERATOR, generator, "OgaGenerator_GetLogits")) return error("no generator");
    enter(generator->model, "OgaGenerator_GetLogits");
    uint64_t hash = 0xcbf29ce484222325u ^ generator->adapter ^ generator->stale << 32;
    for (int i = 0; i < generator->length; i++) hash = (hash ^ (uint32_t)generator->tokens[i]) * 0x100000001b3u;
    int width = generator->model->config.vocabulary + set_width;
    Tensor *tensor = make(TENSOR, sizeof *tensor);
    tensor->type = set_dtype;
    tensor->shape[0] = tensor->shape[1] = 1;
    tensor->shape[2] = width;
    tensor->data = malloc((size_t)width * 4);
    for (int i = 0; i < width; i++) {
        float value = ((int)(mix(hash + (uint64_t)i * 0x9e3779b97f4a7c15u) >> 56) - 128) / 16.0f;
        uint32_t bits;
        memcpy(&bits, &value, 4);
        if (set_dtype == 10) ((uint16_t *)tensor->data)[i] = half(value);
        else if (set_dtype == 16) ((uint16_t *)tensor->data)[i] = (uint16_t)(bits >> 16);
        else ((float *)tensor->data)[i] = value;
    }
    *out = tensor;
    leave(generator->model);
    return NULL;
}

/* ---- tensors and adapters ---- */

EXPORT Result *OgaTensorGetType(Tensor *tensor, int *out) { FAULT(OgaTensorGetType); *out = valid(TENSOR, tensor, "OgaTensorGetType") ? tensor->type : 0; return NULL; }
EXPORT Result *OgaTensorGetShapeRank(Tensor *tensor, size_t *out) { FAULT(OgaTensorGetShapeRank); *out = valid(TENSOR, tensor, "OgaTensorGetShapeRank") ? 3 : 0; return NULL; }
EXPORT Result *OgaTensorGetShape(Tensor *tensor, int64_t *out, size_t rank) {
    FAULT(OgaTensorGetShape);
    if (valid(TENSOR, tensor, "OgaTensorGetShape") && rank == 3) memcpy(out, tensor->shape, sizeof tensor->shape);
    return NULL;
}
EXPORT Result *OgaTensorGetData(Tensor *tensor, void **out) { FAULT(OgaTensorGetData); *out = valid(TENSOR, tensor, "OgaTensorGetData") ? tensor->data : NULL; return NULL; }
EXPORT void OgaDestroyTensor(Tensor *tensor) {
    if (!valid(TENSOR, tensor, "OgaDestroyTensor")) return;
    free(tensor->data);
    unmake(TENSOR, tensor);
}

EXPORT Result *OgaCreateAdapters(Model *model, Adapters **out) {
    FAULT(OgaCreateAdapters);
    if (!valid(MODEL, model, "OgaCreateAdapters")) return error("no model");
    Adapters *adapters = make(ADAPTERS, sizeof *adapters);
    atomic_fetch_add(&model->references, 1);
    adapters->model = model;
    *out = adapters;
    return NULL;
}
EXPORT void OgaDestroyAdapters(Adapters *adapters) {
    if (!valid(ADAPTERS, adapters, "OgaDestroyAdapters")) return;
    Model *model = adapters->model;
    unmake(ADAPTERS, adapters);
    release_model(model);
}
EXPORT Result *OgaLoadAdapter(Adapters *adapters, const char *file, const char *name) {
    FAULT(OgaLoadAdapter);
    if (!valid(ADAPTERS, adapters, "OgaLoadAdapter")) return error("no adapters");
    FILE *opened = fopen(file, "rb");
    if (!opened) return error("Failed to load adapter");
    fclose(opened);
    snprintf(adapters->name[adapters->names++ & 15], 512, "%s", name);
    return NULL;
}
EXPORT Result *OgaSetActiveAdapter(Generator *generator, Adapters *adapters, const char *name) {
    FAULT(OgaSetActiveAdapter);
    if (!valid(GENERATOR, generator, "OgaSetActiveAdapter") || !valid(ADAPTERS, adapters, "OgaSetActiveAdapter")) return error("no generator");
    for (int i = 0; i < adapters->names; i++) {
        if (strcmp(adapters->name[i], name) == 0) {
            generator->adapter = 1;
            for (; *name; name++) generator->adapter = generator->adapter * 31 + (unsigned char)*name;
            return NULL;
        }
    }
    return error("Adapter not found");
}
