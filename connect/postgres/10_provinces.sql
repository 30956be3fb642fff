-- Names of the provinces, which the orders know by their code only. Can be run again.

SET client_min_messages = warning;

BEGIN;

CREATE TABLE IF NOT EXISTS province_name (
    provincial_code text PRIMARY KEY,
    province        text,
    map_code        text
);

COMMENT ON TABLE province_name IS 'Names of the provinces by ISO 3166-2 code';
COMMENT ON COLUMN province_name.provincial_code IS 'ISO 3166-2 code as in customer_info; PH-00 is Metro Manila';
COMMENT ON COLUMN province_name.province IS 'Name of the province';
COMMENT ON COLUMN province_name.map_code IS 'Code of its shape on the dashboards'' map, which draws provinces that were split since as they were before';

INSERT INTO province_name (provincial_code, province, map_code)
SELECT 'PH-' || code, province,
       'PH-' || CASE code
           WHEN '00' THEN 'MNL' -- as the map has it
           WHEN 'MGN' THEN 'MAG' WHEN 'MGS' THEN 'MAG' -- split in 2022
           WHEN 'DIN' THEN 'SUN' -- split in 2006
           WHEN 'DVO' THEN 'DAS' -- split in 2013
           ELSE code END
FROM (VALUES
    ('00', 'Metro Manila'), ('ABR', 'Abra'), ('AGN', 'Agusan del Norte'), ('AGS', 'Agusan del Sur'),
    ('AKL', 'Aklan'), ('ALB', 'Albay'), ('ANT', 'Antique'), ('APA', 'Apayao'), ('AUR', 'Aurora'),
    ('BAN', 'Bataan'), ('BAS', 'Basilan'), ('BEN', 'Benguet'), ('BIL', 'Biliran'), ('BOH', 'Bohol'),
    ('BTG', 'Batangas'), ('BTN', 'Batanes'), ('BUK', 'Bukidnon'), ('BUL', 'Bulacan'),
    ('CAG', 'Cagayan'), ('CAM', 'Camiguin'), ('CAN', 'Camarines Norte'), ('CAP', 'Capiz'),
    ('CAS', 'Camarines Sur'), ('CAT', 'Catanduanes'), ('CAV', 'Cavite'), ('CEB', 'Cebu'),
    ('COM', 'Davao de Oro'), ('DAO', 'Davao Oriental'), ('DAS', 'Davao del Sur'),
    ('DAV', 'Davao del Norte'), ('DIN', 'Dinagat Islands'), ('DVO', 'Davao Occidental'),
    ('EAS', 'Eastern Samar'), ('GUI', 'Guimaras'), ('IFU', 'Ifugao'), ('ILI', 'Iloilo'),
    ('ILN', 'Ilocos Norte'), ('ILS', 'Ilocos Sur'), ('ISA', 'Isabela'), ('KAL', 'Kalinga'),
    ('LAG', 'Laguna'), ('LAN', 'Lanao del Norte'), ('LAS', 'Lanao del Sur'), ('LEY', 'Leyte'),
    ('LUN', 'La Union'), ('MAD', 'Marinduque'), ('MAG', 'Maguindanao'), ('MAS', 'Masbate'),
    ('MDC', 'Occidental Mindoro'), ('MDR', 'Oriental Mindoro'), ('MGN', 'Maguindanao del Norte'),
    ('MGS', 'Maguindanao del Sur'), ('MOU', 'Mountain Province'), ('MSC', 'Misamis Occidental'),
    ('MSR', 'Misamis Oriental'), ('NCO', 'Cotabato'), ('NEC', 'Negros Occidental'),
    ('NER', 'Negros Oriental'), ('NSA', 'Northern Samar'), ('NUE', 'Nueva Ecija'),
    ('NUV', 'Nueva Vizcaya'), ('PAM', 'Pampanga'), ('PAN', 'Pangasinan'), ('PLW', 'Palawan'),
    ('QUE', 'Quezon'), ('QUI', 'Quirino'), ('RIZ', 'Rizal'), ('ROM', 'Romblon'),
    ('SAR', 'Sarangani'), ('SCO', 'South Cotabato'), ('SIG', 'Siquijor'), ('SLE', 'Southern Leyte'),
    ('SLU', 'Sulu'), ('SOR', 'Sorsogon'), ('SUK', 'Sultan Kudarat'), ('SUN', 'Surigao del Norte'),
    ('SUR', 'Surigao del Sur'), ('TAR', 'Tarlac'), ('TAW', 'Tawi-Tawi'), ('WSA', 'Samar'),
    ('ZAN', 'Zamboanga del Norte'), ('ZAS', 'Zamboanga del Sur'), ('ZMB', 'Zambales'),
    ('ZSI', 'Zamboanga Sibugay')
) AS names (code, province)
ON CONFLICT (provincial_code) DO UPDATE SET province = excluded.province, map_code = excluded.map_code;

COMMIT;
